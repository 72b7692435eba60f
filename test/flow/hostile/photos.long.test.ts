import { expect } from "chai";
import type { PutPhoto } from "../../chaos/invariants";
import { bombs } from "./bombs";
import { damaged } from "./damaged";
import { disguises } from "./disguises";
import { exifBombs } from "./exif-bombs";
import { describeHostile, endingOf, rowOf, type Ending, type HostileFile } from "./harness";

const megabyte = 1024 * 1024;

describeHostile("Hostile photos", (world) => {
  let students = 0;

  /** Sends all of a kind at once, and expects each to end in one of its allowed outcomes. */
  function endRight(title: string, make: () => Promise<readonly HostileFile[]>): void {
    it(title, async () => {
      const files = await make();
      const sent: PutPhoto[] = [];
      for (const { name, file, extension, ...options } of files) {
        const named = extension ?? (file[0] === 0x89 ? "png" : "jpg");
        const key = `uploads/S${++students}/broken ${name.replace(/[^\x20-\x7e]/g, "-")}.${named}`;
        expect(file.length, name).to.be.lessThan(10 * megabyte);
        sent.push(await world().send(key, file, options));
      }
      await world().pipeline.cloud.idle();
      const rows = await world().pipeline.uploads();
      const wrong = files.flatMap(({ name, expected }, index) => {
        const ending = endingOf(rowOf(rows, sent[index] as PutPhoto));
        return [expected].flat().includes(ending as Ending)
          ? []
          : [`${name}: ${ending}, not ${[expected].flat().join(" or ")}`];
      });
      expect(wrong).to.deep.equal([]);
    });
  }

  endRight("that claim more than they are: refused for it, or processed within the function's means", bombs);
  endRight("with EXIF data that loop, lead astray or contradict themselves: photos all the same", exifBombs);
  endRight("that are two things at once, or not what they say: judged by their bytes", disguises);
  endRight("damaged at random: refused or processed, and never a fault of ours", () => damaged(36));

  it("leave nothing of what was hidden in them in the thumbnails", async () => {
    const keys = await world().pipeline.keys("avatars/");
    expect(keys.length).to.be.greaterThan(30);
    for (const key of keys) {
      const { Body: body, ContentType: type } = await world().pipeline.s3.getObject({
        Bucket: world().pipeline.names.photoBucket,
        Key: key,
      });
      expect(type).to.equal("image/jpeg");
      const text = Buffer.from((await body?.transformToByteArray()) ?? []).toString("latin1");
      expect(text.slice(0, 3)).to.equal("\xff\xd8\xff");
      expect(text.slice(-2)).to.equal("\xff\xd9");
      expect(text).not.to.include("PK\x03\x04");
      expect(text).not.to.match(/<script|Exif|scripted-faces/);
    }
  });
});
