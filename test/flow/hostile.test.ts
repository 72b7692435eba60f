import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IssuedUpload } from "../../handlers/api/contract";
import type { ReasonCode } from "../../handlers/lib/reasons";
import type { UploadRow } from "../../handlers/lib/upload-row";
import { networkEngine } from "../../local/faces/network-engine";
import { scriptedEngine, scriptFaces } from "../../local/faces/scripted-engine";
import { brokenPromises, takeSnapshot, type PutPhoto } from "../chaos/invariants";
import { jpegFile, pngChunk } from "../handlers/photos";
import { portrait } from "../photos";
import { startPipeline, type Pipeline } from "./harness";
import {
  blackPixels,
  bombChunk,
  deflatedZeros,
  exif,
  filledWith,
  manyScans,
  mutate,
  png,
  randomFrom,
  segment,
  withChunks,
  withSegments,
  withSegmentsAfterFrame,
  withSize,
} from "./hostile-files";

/** What may become of a photo; a list where either is right. Never `failed`: that is a fault of ours. */
type Ending = "accepted" | ReasonCode;

interface HostileFile {
  readonly name: string;
  readonly file: Buffer;
  readonly expected: Ending | readonly Ending[];
  readonly extension?: "jpg" | "png";
  readonly contentType?: string;
  /** Where the face is that the file gets, as a share of the upright picture. */
  readonly box?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

const MB = 1024 * 1024;
/** The most that a photo may have: 10 MiB, less some room for the script of faces. */
const full = 10 * MB - 500;
/** 49 million pixels, just below the limit of 50. */
const side = 7000;
const atTheBottom = { left: 0.3, top: 0.55, width: 0.4, height: 0.4 };
/** About the smallest face that is not refused. */
const smallFace = { left: 0.5, top: 0.5, width: 0.013, height: 0.013 };

/** Small pictures that claim to be large, or to hold a lot. */
async function bombs(): Promise<HostileFile[]> {
  const jpeg = await portrait("A", { width: 320 });
  const photo = await portrait("A", { width: 240, format: "png" });
  const empty = (count: number, named: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => pngChunk(named(n), Buffer.alloc(0)));
  const letters = (n: number) => [26 ** 3, 26 ** 2, 26, 1].map((unit) => Math.floor(n / unit) % 26);
  return [
    { name: "a PNG of 30,000² pixels in 110 KB", file: png({ width: 30_000, height: 30_000, depth: 1, type: 0 }) },
    { name: "a JPEG header of 65,500² pixels", file: withSize(jpeg, 65_500, 65_500) },
    { name: "a JPEG header of 65,535 pixels across", file: withSize(jpeg, 65_535, 800) },
    {
      name: "a PNG header of 2³²−1 pixels each way",
      file: png({ width: 0xffffffff, height: 0xffffffff, data: photo }),
    },
    {
      name: "an interlaced PNG that had to be held whole",
      file: png({ width: side, height: side, interlaced: true }),
    },
  ]
    .map((file): HostileFile => ({ ...file, expected: "IMAGE_TOO_LARGE" }))
    .concat([
      {
        name: "392 MB of pixels in a PNG of 400 KB, a face at its bottom",
        file: png({ width: side, height: side, depth: 16, type: 6 }),
        expected: "accepted",
        box: atTheBottom,
      },
      {
        name: "a PNG one small face wide and 312,500 pixels high",
        file: png({ width: 160, height: 312_500 }),
        expected: "accepted",
        box: { left: 0, top: 0.99, width: 1, height: 0.0005 },
      },
      {
        name: "a PNG 312,500 pixels wide",
        file: png({ width: 312_500, height: 160, depth: 16, type: 6 }),
        expected: "accepted",
        box: { left: 0.99, top: 0, width: 0.0005, height: 1 },
      },
      {
        name: "a colour profile of 1 GB in 1 MB",
        file: withChunks(photo, [bombChunk("iCCP", 1024 * MB)]),
        expected: "accepted",
      },
      {
        name: "a text of 2 GB in 2 MB",
        file: withChunks(photo, [bombChunk("zTXt", 2048 * MB)]),
        expected: "accepted",
      },
      {
        name: "1 GB of pixels behind the last row",
        file: png({ width: 240, height: 300, data: deflatedZeros(1024 * MB) }),
        expected: "accepted",
      },
      {
        name: "a PNG whose pixels end early",
        file: png({ width: side, height: side, data: deflatedZeros(MB) }),
        expected: "FILE_CORRUPT",
        box: atTheBottom,
      },
      {
        name: "800,000 chunks of the same name",
        file: withChunks(
          photo,
          empty(800_000, () => "teSt"),
        ),
        expected: "accepted",
      },
      {
        name: "450,000 chunks of as many names",
        file: withChunks(
          photo,
          empty(450_000, (n) => {
            const [a = 0, b = 0, c = 0, d = 0] = letters(n);
            return String.fromCharCode(97 + a, 97 + b, 65 + c, 97 + d);
          }),
        ),
        expected: "accepted",
      },
      {
        name: "800,000 empty pieces of pixels",
        file: png({
          width: 240,
          height: 300,
          data: [...Array<Buffer>(800_000).fill(Buffer.alloc(0)), blackPixels(240, 300)],
        }),
        expected: "accepted",
      },
      { name: "a JPEG of 3,000 scans", file: manyScans(800, 800, 3000), expected: "FILE_CORRUPT" },
      { name: "a JPEG of one scan more than is read", file: manyScans(800, 800, 65), expected: "FILE_CORRUPT" },
      {
        name: "a JPEG of 49 million pixels in 64 scans",
        file: manyScans(side, side, 64),
        expected: "accepted",
        box: smallFace,
      },
      {
        name: "a JPEG of 49 million pixels in 64 scans, wanted whole",
        file: manyScans(side, side, 64),
        expected: "accepted",
        box: atTheBottom,
      },
      {
        name: "a JPEG header of 49 million pixels with the data of a small photo",
        file: withSize(jpeg, side, side),
        expected: "FILE_CORRUPT",
        box: atTheBottom,
      },
      {
        name: "2,600,000 empty segments",
        file: withSegments(jpeg, filledWith(segment(0xe5, Buffer.alloc(0)), full - jpeg.length)),
        expected: "accepted",
      },
      {
        name: "10 MB of fill bytes before a marker",
        file: withSegments(jpeg, filledWith(Buffer.from([0xff]), full - jpeg.length)),
        expected: "accepted",
      },
      {
        name: "150 MB of Huffman tables, one after another",
        file: withSegments(
          jpeg,
          filledWith(segment(0xc4, filledWith(Buffer.from([0x00, ...Array<number>(16).fill(0)]), 65_000)), 9 * MB),
        ),
        expected: "accepted",
      },
      {
        name: "10 MB of restart markers in the data",
        file: Buffer.concat([
          jpeg.subarray(0, -2),
          filledWith(Buffer.from([0xff, 0xd0]), full - jpeg.length),
          jpeg.subarray(-2),
        ]),
        expected: ["accepted", "FILE_CORRUPT"],
      },
    ]);
}

/** EXIF data that lead nowhere, for ever, or to two readings of one photo. */
async function exifBombs(): Promise<HostileFile[]> {
  const jpeg = await portrait("A", { width: 320 });
  const orientation = (value: number, type = 3) => [[0x0112, type, 1, value] as const];
  const other = (n: number) => [0x9000 + (n & 0xff), 3, 1, n & 0xffff] as const;
  const many = Array.from({ length: 5400 }, (_, n) => other(n));
  const inside = { left: 0.2, top: 0.2, width: 0.6, height: 0.6 };
  return (
    [
      ["a directory that is its own next", withSegments(jpeg, exif({ entries: orientation(1), next: 8 }))],
      ["a directory that says it has 65,535 entries", withSegments(jpeg, exif({ count: 65_535 }))],
      ["a directory outside of the segment", withSegments(jpeg, exif({ directory: 0xffffffff }))],
      ["a directory inside of the header", withSegments(jpeg, exif({ directory: 0 }))],
      [
        "a sub-directory that leads back to its parent",
        withSegments(jpeg, exif({ entries: [[0x8769, 4, 1, 8], ...orientation(1)] })),
      ],
      ["a value of 4 GB somewhere else", withSegments(jpeg, exif({ entries: [[0x927c, 7, 0xffffffff, 0xfffffff0]] }))],
      ["150 segments of 5,400 entries", withSegments(jpeg, ...Array<Buffer>(150).fill(exif({ entries: many })))],
      ["an orientation of 0", withSegments(jpeg, exif({ entries: orientation(0) }))],
      ["an orientation of 65,535", withSegments(jpeg, exif({ entries: orientation(65_535) }))],
      ["an orientation of the wrong type", withSegments(jpeg, exif({ entries: orientation(6, 4) }))],
      ["an orientation behind the frame header", withSegmentsAfterFrame(jpeg, exif({ entries: orientation(6) }))],
      ["an orientation in a damaged TIFF header", withSegments(jpeg, exif({ entries: orientation(6), magic: 43 }))],
      [
        "an orientation before entries that there are not",
        withSegments(jpeg, exif({ entries: orientation(6), count: 40 })),
      ],
      [
        "two orientations that contradict each other",
        withSegments(jpeg, exif({ entries: [...orientation(6), ...orientation(1)] })),
      ],
      [
        "two EXIF segments that contradict each other",
        withSegments(jpeg, exif({ entries: orientation(6) }), exif({ entries: orientation(1) })),
      ],
    ] as const
  ).map(([name, file]) => ({ name, file, expected: "accepted", box: inside }));
}

/** Files that are two things at once, or not what they say. */
async function disguises(): Promise<HostileFile[]> {
  const jpeg = await portrait("A", { width: 320 });
  const photo = await portrait("A", { width: 240, format: "png" });
  const html = Buffer.from("<html><script>alert(document.domain)</script></html>");
  const zip = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), Buffer.alloc(500, 7), Buffer.from("PK\x05\x06")]);
  return [
    { name: "a JPEG with a ZIP behind it", file: Buffer.concat([jpeg, zip]), expected: "accepted" },
    { name: "a JPEG with HTML in a comment", file: withSegments(jpeg, segment(0xfe, html)), expected: "accepted" },
    { name: "a JPEG with HTML behind it", file: Buffer.concat([jpeg, html]), expected: "accepted" },
    {
      name: "a PNG with HTML in a text chunk",
      file: withChunks(photo, [pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), html]))]),
      expected: "accepted",
      extension: "png",
    },
    { name: "HTML named as a photo", file: html, expected: "FORMAT_MISMATCH" },
    { name: "HTML before a JPEG", file: Buffer.concat([html, jpeg]), expected: "FORMAT_MISMATCH" },
    { name: "a PNG named .jpg", file: photo, expected: "FORMAT_MISMATCH", extension: "jpg" },
    { name: "a JPEG named .png", file: jpeg, expected: "FORMAT_MISMATCH", extension: "png" },
    { name: "a GIF named .jpg", file: Buffer.from("GIF89a\x01\x00\x01\x00"), expected: "FORMAT_MISMATCH" },
    { name: "a JPEG of three bytes", file: Buffer.from([0xff, 0xd8, 0xff]), expected: "FILE_CORRUPT" },
    { name: "a JPEG that is only a header", file: jpegFile({ width: 400, height: 400 }), expected: "FILE_CORRUPT" },
    { name: "a photo sent as text/html", file: jpeg, expected: "accepted", contentType: "text/html" },
    { name: "a photo sent without a type", file: jpeg, expected: "accepted", contentType: "" },
    { name: "a photo of a script's type", file: jpeg, expected: "accepted", contentType: 'x/y; a="<script>"' },
  ];
}

/** Real photos, damaged at random: the same ones in every run. */
async function damaged(count: number): Promise<HostileFile[]> {
  const sources = [
    { file: await portrait("A", { width: 320, rotatedExif: 6 }), extension: "jpg" },
    { file: await portrait("B", { width: 320, progressive: true }), extension: "jpg" },
    { file: await portrait("C", { width: 200, format: "png" }), extension: "png" },
  ] as const;
  const random = randomFrom(20_261_123);
  const expected = ["accepted", "FILE_CORRUPT", "FORMAT_MISMATCH", "FORMAT_NOT_SUPPORTED"] as const;
  return Array.from({ length: count }, (_, n) => {
    const { file, extension } = sources[n % sources.length] ?? sources[0];
    const ending = { expected: [...expected, "IMAGE_TOO_LARGE", "IMAGE_TOO_SMALL", "FACE_TOO_SMALL"] as const };
    return { name: `damaged photo ${n + 1}`, file: mutate(file, random), extension, ...ending };
  });
}

const endingOf = (row: UploadRow | undefined): string =>
  row?.status === "rejected" ? (row.reason ?? "rejected") : `${row?.status}${row?.reason ? ` ${row.reason}` : ""}`;

describe("Hostile uploads", function () {
  this.timeout(180_000);
  let data: string;
  let pipeline: Pipeline;
  let people = 0;
  const photos: PutPhoto[] = [];
  let small: Buffer;
  before(async () => {
    data = mkdtempSync(join(tmpdir(), "hostile-"));
    small = await portrait("A", { width: 240 });
    pipeline = await startPipeline({ engine: scriptedEngine(), retryScale: 0.001, waitScale: 0.01, data });
  });
  after(async () => {
    await pipeline.close();
    rmSync(data, { recursive: true, force: true });
  });

  /** Uploads as another person each time; whoever waits for nothing else need not be accepted. */
  async function send(key: string, file: Buffer, options: Pick<HostileFile, "box" | "contentType"> = {}) {
    const person = `person ${++people}`;
    const { VersionId: versionId = "" } = await pipeline.s3.putObject({
      Bucket: pipeline.names.photoBucket,
      Key: key,
      Body: scriptFaces(file, [{ person, ...(options.box ? { box: options.box } : {}) }]),
      ...(options.contentType === undefined ? {} : { ContentType: options.contentType }),
    });
    const student = /^uploads\/([^/]*)\//.exec(key)?.[1] ?? "";
    const photo = { key, versionId, student, persons: [person] };
    photos.push(photo);
    return photo;
  }

  const rowOf = (rows: readonly UploadRow[], photo: PutPhoto) =>
    rows.find((row) => row.objectKey === photo.key && row.versionId === photo.versionId);

  /** Sends all of a kind at once, and has each end in one of the ways that are right for it. */
  function endRight(title: string, make: () => Promise<readonly HostileFile[]>): void {
    it(title, async () => {
      const files = await make();
      const sent: PutPhoto[] = [];
      for (const { name, file, extension, ...options } of files) {
        const named = extension ?? (file[0] === 0x89 ? "png" : "jpg");
        const key = `uploads/S${people + 1}/broken ${name.replace(/[^\x20-\x7e]/g, "-")}.${named}`;
        expect(file.length, name).to.be.lessThan(10 * MB);
        sent.push(await send(key, file, options));
      }
      await pipeline.cloud.idle();
      const rows = await pipeline.uploads();
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
    const keys = await pipeline.keys("avatars/");
    expect(keys.length).to.be.greaterThan(30);
    for (const key of keys) {
      const { Body: body, ContentType: type } = await pipeline.s3.getObject({
        Bucket: pipeline.names.photoBucket,
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

  describe("under keys", () => {
    const student = (n: number) => `K${n}`;
    const odd = [
      `uploads/${student(1)}/../../../etc/passwd.jpg`,
      `uploads/${student(2)}/./..jpg`,
      `uploads/${student(3)}/a\r\nBcc: other@school.example\r\n\r\n<b>.jpg`,
      `uploads/${student(4)}/${"k".repeat(1024 - "uploads/K4/.jpg".length)}.jpg`,
      `uploads/${student(5)}/\u0001\u001b[31m\u007f\u2028\u202e.jpg`,
      `uploads/${student(6)}/<script>alert(1)</script>'"&.jpg`,
      `uploads/${student(7)}/%2e%2e%2f%00 + \\ ?x=1#y.jpg`,
      `uploads/${student(8)}/.jpg`,
      `uploads/${student(9)}/$.photo.key States.Format('{}').JPG`,
      `uploads/${student(10)}/${"e\u0301😀".repeat(100)}.jpeg`,
      "uploads/__proto__/constructor.jpg",
      "uploads/.../x.jpg",
    ];
    const without = [
      "uploads/x.jpg",
      "uploads//x.jpg",
      "uploads/./x.jpg",
      "uploads/../x.jpg",
      "uploads/a b/x.jpg",
      "uploads/a:b/x.jpg",
      "uploads/Đạt/x.jpg",
      `uploads/${"s".repeat(65)}/x.jpg`,
      "uploads/a\nb/x.jpg",
    ];

    it("of any characters and up to 1,024 bytes are photos like others", async () => {
      const sent: PutPhoto[] = [];
      for (const key of odd) sent.push(await send(key, small));
      await pipeline.cloud.idle();
      const rows = await pipeline.uploads();
      expect(sent.map((photo) => [photo.key, endingOf(rowOf(rows, photo))])).to.deep.equal(
        odd.map((key) => [key, "accepted"]),
      );
    });

    it("that name no student are told to the operator, once each", async () => {
      const sent: PutPhoto[] = [];
      for (const key of without) sent.push(await send(key, small));
      await pipeline.cloud.idle();
      const rows = await pipeline.uploads();
      expect(sent.map((photo) => [photo.key, endingOf(rowOf(rows, photo))])).to.deep.equal(
        without.map((key) => [key, "failed INTERNAL"]),
      );
    });

    it("of more than 1,024 bytes are refused by the bucket", async () => {
      const key = `uploads/K1/${"k".repeat(1024)}.jpg`;
      const error = await send(key, small).catch((reason: Error) => reason);
      expect(error).to.include({ name: "KeyTooLongError" });
    });

    it("put nothing into the head of a mail", async () => {
      for (const { subject, to } of pipeline.cloud.mailbox.list({ limit: 100_000 })) {
        expect(subject).not.to.match(/\p{Cc}/u);
        expect([to].flat().join()).to.match(/^(success|failure)@school\.example$/);
      }
      const texts = (await pipeline.notices()).map(({ text }) => text).join("");
      // eslint-disable-next-line no-control-regex -- exactly these are meant
      expect(texts).not.to.match(/^Bcc:|[\u0000-\u0009\u000b-\u001f\u007f\u2028]/m);
    });
  });

  describe("to the upload API", () => {
    const api = () => String(pipeline.cloud.graph.stackOutputs["apiUrl"]);
    const good = { studentId: "API1", fileName: "a.jpg", contentType: "image/jpeg", bytes: 1000 };
    const post = async (body: string | Buffer, headers: Record<string, string> = {}) => {
      const response = await fetch(`${api()}/uploads`, {
        method: "POST",
        body: typeof body === "string" ? body : new Uint8Array(body),
        headers: { "content-type": "application/json", ...headers },
      });
      return { status: response.status, text: await response.text() };
    };

    it("with bodies that are no request are told so", async () => {
      const bodies: readonly (readonly [string | Buffer, number])[] = [
        ["", 400],
        ["null", 400],
        ["[]", 400],
        ["{", 400],
        [`${"[".repeat(4000)}`, 400],
        [Buffer.from([0xff, 0xfe, 0x00]), 400],
        [JSON.stringify({ ...good, note: "x".repeat(10_000) }), 413],
        ["x".repeat(5 * MB), 413],
        ["x".repeat(11 * MB), 413],
        [`{"__proto__": ${JSON.stringify(good)}}`, 422],
        [`{"constructor": {"prototype": ${JSON.stringify(good)}}}`, 422],
      ];
      for (const [body, status] of bodies) {
        const answer = await post(body);
        expect(answer.status, body.toString().slice(0, 60)).to.equal(status);
        expect(answer.text).not.to.match(/\bat .*:\d+:\d+|node_modules/);
      }
    });

    it("with fields that break their rules are told which", async () => {
      const ids = ["", ".", "..", "a/b", "../../etc", "a\\b", "a b", "a\0", "s".repeat(65), "Đạt", "a%2fb", "*", "a:b"];
      const wrong: readonly (readonly [string, unknown])[] = [
        ...[...ids, 7, null, ["API1"], { $ne: "" }].map((id) => ["studentId", id] as const),
        ...["", "a", "a.gif", "a.jpg.exe", "a.jpg\0", "x".repeat(300) + ".jpg", 7, {}].map(
          (name) => ["fileName", name] as const,
        ),
        ...["text/html", "image/png", "image/svg+xml", "", 1, null].map((type) => ["contentType", type] as const),
        ...[0, -1, 1.5, 1e300, "1000", null, 10 * MB + 1].map((bytes) => ["bytes", bytes] as const),
        ...["a@b", "a@b.vn\r\nBcc: c@d.vn", "a@b.vn,c@d.vn", "x".repeat(250) + "@b.vn", 1, {}].map(
          (email) => ["email", email] as const,
        ),
        ...["fr", "vi-VN", "../vi", 1].map((locale) => ["locale", locale] as const),
      ];
      for (const [field, value] of wrong) {
        const { status, text } = await post(JSON.stringify({ ...good, [field]: value }));
        expect(status, `${field} ${JSON.stringify(value)}`).to.equal(422);
        const { errors } = JSON.parse(text) as { errors: { field: string }[] };
        expect(errors.map((error) => error.field)).to.deep.equal([field]);
      }
    });

    it("for the status of what is not an upload are Not Found", async () => {
      for (const id of ["x", "..", "%2e%2e", "%00", "../../avatars", "0".repeat(26), "A".repeat(5000), "%ff"]) {
        const response = await fetch(`${api()}/uploads/${id}`);
        expect(response.status, id).to.be.oneOf([400, 404, 414]);
        await response.arrayBuffer();
      }
    });

    it("posted with a form that was changed are refused by the bucket", async () => {
      const { text } = await post(JSON.stringify({ ...good, bytes: small.length }));
      const { url, fields } = JSON.parse(text) as IssuedUpload;
      type Field = readonly [name: string, value: string | Blob];
      const photo = new Blob([new Uint8Array(small)], { type: "image/jpeg" });
      const all: readonly Field[] = Object.entries(fields);
      const file: Field = ["file", photo];
      const changed = (name: string, value: string): readonly Field[] => [
        ...all.map(([field, old]): Field => [field, field === name ? value : old]),
        file,
      ];
      const forms: Readonly<Record<string, readonly [readonly Field[], number]>> = {
        "another student's key": [changed("key", "uploads/API2/x.jpg"), 403],
        "a key above the folder": [changed("key", `${fields["key"]}/../../../x.jpg`), 403],
        "a key with the file's name in it": [changed("key", "uploads/API1/${filename}"), 403],
        "another type": [changed("Content-Type", "text/html"), 403],
        "another policy": [changed("Policy", Buffer.from('{"conditions":[]}').toString("base64")), 403],
        "another signature": [changed("X-Amz-Signature", "0".repeat(64)), 403],
        "another bucket": [changed("bucket", "other"), 403],
        "a redirect": [[...all, ["success_action_redirect", "https://evil.example/"], file], 403],
        "a public ACL": [[...all, ["acl", "public-read"], file], 403],
        "a field of 21 KB": [[...all, ["x-ignore-me", "x".repeat(21_000)], file], 400],
        "500 fields of 50 bytes": [
          [...all, ...Array.from({ length: 500 }, (_, n): Field => [`x-ignore-${n}`, "x".repeat(50)]), file],
          400,
        ],
        "a field twice": [[...all, ["key", String(fields["key"])], file], 400],
        "the file first": [[file, ...all], 400],
        "no file": [all, 400],
        "an empty file": [[...all, ["file", new Blob([])]], 400],
        "a file larger than said": [[...all, ["file", new Blob([new Uint8Array(small), "x"])]], 400],
      };
      for (const [name, [entries, status]] of Object.entries(forms)) {
        const form = new FormData();
        for (const [field, value] of entries) form.append(field, value);
        const response = await fetch(url, { method: "POST", body: form });
        const answer = await response.text();
        expect(response.status, `${name}: ${answer}`).to.equal(status);
      }
      const torn = await fetch(url, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=x" },
        body: '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nuploads/API1/x',
      });
      expect(torn.status).to.equal(400);
      await torn.arrayBuffer();
      expect(await pipeline.keys("uploads/API", true)).to.deep.equal([]);

      const form = new FormData();
      for (const [field, value] of [...all, file]) form.append(field, value);
      expect((await fetch(url, { method: "POST", body: form })).status).to.equal(201);
      await pipeline.cloud.idle();
      const row = (await pipeline.uploads()).find(({ objectKey }) => objectKey === fields["key"]);
      // The portrait came without a script of faces: whatever the form did, the photo itself was looked at.
      expect(endingOf(row)).to.equal("NO_FACE");
    });
  });

  describe("when all have ended", () => {
    it("leave an ordinary student's way open, every promise kept, and no file behind", async () => {
      const photo = await send("uploads/SV001/a.jpg", small);
      await pipeline.cloud.idle();
      expect(endingOf(rowOf(await pipeline.uploads(), photo))).to.equal("accepted");
      const { names } = pipeline;
      const snapshot = await takeSnapshot({ ...pipeline, ...names, collectionId: names.faceCollectionId });
      const notices = await pipeline.notices();
      expect(brokenPromises(snapshot, photos, notices, false)).to.deep.equal([]);
      expect(readdirSync(join(data, "tmp"))).to.deep.equal([]);
    });

    it("never took more memory than a function declares", async () => {
      await pipeline.close();
      const most = new Map<string, { used: number; declared: number }>();
      let reports = 0;
      for (const name of readdirSync(join(data, "logs"))) {
        const text = readFileSync(join(data, "logs", name), "utf8");
        expect(text, name).not.to.match(/is above the declared|Sandbox\.Timedout|Task timed out|signal: killed/);
        for (const [, declared, used] of text.matchAll(/Memory Size: (\d+) MB\tMax Memory Used: (\d+) MB/g)) {
          reports++;
          const so = most.get(name)?.used ?? 0;
          most.set(name, { used: Math.max(so, Number(used)), declared: Number(declared) });
        }
      }
      expect(reports).to.be.greaterThan(500);
      for (const [name, { used, declared }] of most) expect(used, name).to.be.within(1, declared);
      const figures = [...most].map(
        ([name, { used, declared }]) => `${name.split("-").slice(1, -1).join("-")} ${used}/${declared}`,
      );
      console.log(`      most memory of ${reports} calls, MB: ${figures.join(", ")}`);
    });
  });
});

describe("Hostile photos before the face networks", function () {
  this.timeout(180_000);
  let pipeline: Pipeline;
  const engine = networkEngine();
  before(async () => {
    pipeline = await startPipeline({ engine, retryScale: 0.05, waitScale: 0.01 });
  });
  after(async () => {
    await pipeline.close();
    await engine.close();
  });

  it("are refused as photos, and the next one is accepted", async () => {
    const jpeg = await portrait("A", { width: 320 });
    const files: Record<string, Buffer> = {
      "pixels.png": png({ width: side, height: side, depth: 16, type: 6 }),
      "interlaced.png": png({ width: side, height: side, interlaced: true }),
      "high.png": png({ width: 160, height: 312_500 }),
      "wide.png": png({ width: 312_500, height: 160 }),
      "early.png": png({ width: side, height: side, data: deflatedZeros(MB) }),
      "scans.jpg": manyScans(side, side, 64),
      "header.jpg": withSize(jpeg, side, side),
      "strip.jpg": withSize(jpeg, 65_500, 760),
    };
    const random = randomFrom(7);
    for (let n = 0; n < 8; n++) files[`damaged${n}.jpg`] = mutate(jpeg, random);
    for (const [name, file] of Object.entries(files)) await pipeline.upload(`uploads/SV001/${name}`, file);
    await pipeline.cloud.idle();
    const rows = await pipeline.uploads();
    const endings = rows.map((row) => `${row.objectKey}: ${endingOf(row)}`);
    expect(endings.length).to.equal(Object.keys(files).length);
    expect(endings.filter((ending) => / (failed|processing)/.test(ending))).to.deep.equal([]);
    const accepted = await pipeline.process("uploads/SV002/b.jpg", await portrait("B"));
    expect(endingOf(accepted)).to.equal("accepted");
  });
});
