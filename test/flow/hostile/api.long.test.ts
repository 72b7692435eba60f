import { expect } from "chai";
import type { IssuedUpload } from "../../../handlers/contract/api";
import { describeHostile, endingOf } from "./harness";

const megabyte = 1024 * 1024;

describeHostile("Requests to the upload API", (world) => {
  const api = () => String(world().pipeline.cloud.graph.stackOutputs["apiUrl"]);
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
      ["[".repeat(4000), 400],
      [Buffer.from([0xff, 0xfe, 0x00]), 400],
      [JSON.stringify({ ...good, note: "x".repeat(10_000) }), 413],
      ["x".repeat(5 * megabyte), 413],
      ["x".repeat(11 * megabyte), 413],
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
      ...[0, -1, 1.5, 1e300, "1000", null, 10 * megabyte + 1].map((bytes) => ["bytes", bytes] as const),
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
    const { text } = await post(JSON.stringify({ ...good, bytes: world().small.length }));
    const { url, fields } = JSON.parse(text) as IssuedUpload;
    type Field = readonly [name: string, value: string | Blob];
    const photo = new Blob([new Uint8Array(world().small)], { type: "image/jpeg" });
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
      "a file larger than said": [[...all, ["file", new Blob([new Uint8Array(world().small), "x"])]], 400],
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
    expect(await world().pipeline.keys("uploads/API", true)).to.deep.equal([]);

    const form = new FormData();
    for (const [field, value] of [...all, file]) form.append(field, value);
    expect((await fetch(url, { method: "POST", body: form })).status).to.equal(201);
    await world().pipeline.cloud.idle();
    const row = (await world().pipeline.uploads()).find(({ objectKey }) => objectKey === fields["key"]);
    // None of the changed forms has used up the form of the honest student.
    expect(endingOf(row)).to.equal("accepted");
  });
});
