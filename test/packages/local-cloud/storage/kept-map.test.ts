import { expect } from "chai";
import fc from "fast-check";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openKeptMap } from "../../../../packages/local-cloud/storage/kept-map";
import { errorOf } from "../../../support/errors";

describe("a kept map", () => {
  let file: string;
  beforeEach(async () => {
    file = join(await mkdtemp(join(tmpdir(), "kept-")), "deep", "map.ndjson");
  });
  afterEach(() => rm(join(file, "../.."), { recursive: true, force: true }));

  it("is after opening again what a Map would be", async () => {
    const key = fc.constantFrom("a", "b", "c", "ổ\n");
    const change = fc.oneof(fc.tuple(key, fc.jsonValue()), fc.tuple(key));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 30 }), fc.boolean(), async (changes, together) => {
        await rm(file, { force: true });
        const model = new Map<string, unknown>();
        const map = await openKeptMap<unknown>(file);
        const writes: Promise<void>[] = [];
        for (const [name, ...value] of changes) {
          const write = value.length > 0 ? map.set(name, value[0]) : map.delete(name);
          if (!together) await write;
          writes.push(write);
          if (value.length > 0) model.set(name, value[0]);
          else model.delete(name);
        }
        await Promise.all(writes);
        expect([...map.entries()]).to.deep.equal([...model]);
        await map.close();
        const again = await openKeptMap<unknown>(file);
        expect([...again.entries()]).to.deep.equal(JSON.parse(JSON.stringify([...model])));
        await again.close();
      }),
      { numRuns: 50 },
    );
  });

  it("has what was answered even if nobody closed it", async () => {
    const map = await openKeptMap<number>(file);
    await Promise.all([map.set("a", 1), map.set("b", 2), map.delete("a")]);
    const again = await openKeptMap<number>(file);
    expect([...again.entries()]).to.deep.equal([["b", 2]]);
    await again.close();
    // It plays a process that was killed; this one continues, and must not leave the file open.
    await map.close();
  });

  it("drops a line that was cut short, and goes on behind it", async () => {
    const map = await openKeptMap<number>(file);
    await map.set("a", 1);
    await map.close();
    await appendFile(file, '["b",');
    const again = await openKeptMap<number>(file);
    await again.set("c", 3);
    await again.close();
    const third = await openKeptMap<number>(file);
    expect([...third.entries()]).to.deep.equal([
      ["a", 1],
      ["c", 3],
    ]);
    await third.close();
  });

  it("does not grow without end", async () => {
    const map = await openKeptMap<number>(file);
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 1000 }, (_, i) => map.set(`k${i % 10}`, round)));
    }
    expect((await stat(file)).size).to.be.below(200_000);
    await map.close();
    expect((await readFile(file, "utf8")).split("\n").length).to.be.below(12_000);
  });

  it("names file and line when the file holds something else", async () => {
    await (await openKeptMap(file)).close();
    await writeFile(file, '["a",1]\nnonsense\n');
    expect((await errorOf(openKeptMap(file))).message).to.equal(
      `${file}, line 2, is not of a kept map. Restore the file, or delete it.`,
    );
  });

  it("takes nothing any more when it is closed", async () => {
    const map = await openKeptMap<number>(file);
    await map.close();
    expect((await errorOf(map.set("a", 1))).message).to.include("is closed");
  });
});
