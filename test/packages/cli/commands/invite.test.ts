import { expect } from "chai";
import { createPrivateKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import { readInvitation } from "../../../../handlers/api/invitation";
import { publicKeyOf } from "../../../../packages/cli/commands/invite/keys";
import { main } from "../../../../packages/cli/main";

/** Puts a stream's own `write` back, or uncovers its prototype's. */
function restore(stream: NodeJS.WriteStream, write: PropertyDescriptor | undefined): void {
  if (write) Object.defineProperty(stream, "write", write);
  else Reflect.deleteProperty(stream, "write");
}

describe("avatar-pipeline invite", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "invite-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const inFolder = (name: string) => join(folder, name);

  /** Runs the command and collects its output. */
  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const written = { out: "", err: "" };
    const kept = [
      Object.getOwnPropertyDescriptor(process.stdout, "write"),
      Object.getOwnPropertyDescriptor(process.stderr, "write"),
    ] as const;
    process.stdout.write = (text: string) => ((written.out += text), true);
    process.stderr.write = (text: string) => ((written.err += text), true);
    try {
      return { status: await main(["invite", ...argv]), ...written };
    } finally {
      restore(process.stdout, kept[0]);
      restore(process.stderr, kept[1]);
    }
  }

  it("makes a key that only its owner can read, and tells the public one", async () => {
    const key = inFolder("key.pem");
    const { status, out } = await run("keygen", "--key", key);
    expect(status).to.equal(0);
    expect(statSync(key).mode & 0o777).to.equal(0o600);
    expect(out).to.include(publicKeyOf(createPrivateKey(readFileSync(key))));
    const again = await run("keygen", "--key", key);
    expect(again.status).to.equal(1);
    expect(again.err).to.match(/^avatar-pipeline: .*key\.pem is there already.*\n$/);
  });

  it("adds a link to every line, which the API reads", async () => {
    const key = inFolder("key.pem");
    await run("keygen", "--key", key);
    const csv = inFolder("students.csv");
    // As a Vietnamese Excel writes it: a byte order mark, semicolons, a quoted name.
    writeFileSync(csv, '\ufeffstudent_id;name;email;class\r\nSV001;"Nguyễn; An";an@truong.edu.vn;K1\r\nSV002;;;K2\r\n');
    const before = Math.floor(Date.now() / 1000);
    const { status, out } = await run(csv, "--url", "https://photos.school.example", "--key", key, "--days", "7");
    expect(status).to.equal(0);
    const { data } = Papa.parse<Record<string, string>>(out, { header: true, skipEmptyLines: true });
    expect(data.map((row) => [row["student_id"], row["name"], row["class"]])).to.deep.equal([
      ["SV001", "Nguyễn; An", "K1"],
      ["SV002", "", "K2"],
    ]);
    const [, token = ""] = (data[0]?.["link"] ?? "").split("https://photos.school.example/#invite=");
    const invitation = readInvitation(token, publicKeyOf(createPrivateKey(readFileSync(key))));
    expect(invitation).to.deep.include({ studentId: "SV001", name: "Nguyễn; An", email: "an@truong.edu.vn" });
    expect((invitation?.expires ?? 0) - 7 * 86_400).to.be.within(before, Date.now() / 1000);
  });

  it("writes the links to a file that only its owner can read, and over none that is there", async () => {
    const [key, csv, links] = [inFolder("key.pem"), inFolder("students.csv"), inFolder("links.csv")];
    await run("keygen", "--key", key);
    writeFileSync(csv, "student_id\nSV001\n");
    const options = ["--url", "https://x.example/", "--key", key, "--out", links];
    expect((await run(csv, ...options)).status).to.equal(0);
    expect(statSync(links).mode & 0o777).to.equal(0o600);
    expect((await run(csv, ...options)).err).to.include("is there already");
  });

  it("writes a file that the school's spreadsheet opens as it wrote the one before", async () => {
    const [key, csv, links] = [inFolder("key.pem"), inFolder("students.csv"), inFolder("links.csv")];
    await run("keygen", "--key", key);
    // Excel's "Unicode Text": UTF-16 with a byte order mark, and tabs. With links of an earlier run.
    const lines = ["student_id\tlink\tname", "SV001\thttps://old.example/\tNguyễn Thị An", ""].join("\r\n");
    writeFileSync(csv, Buffer.from(`\ufeff${lines}`, "utf16le"));
    expect((await run(csv, "--url", "https://x.example/", "--key", key, "--out", links)).err).to.match(/^1 link, good/);
    const [header, line, end] = readFileSync(links, "utf8").split("\r\n");
    expect([header, end]).to.deep.equal(["\ufeffstudent_id\tname\tlink", ""]);
    expect(line).to.match(/^SV001\tNguyễn Thị An\thttps:\/\/x\.example\/#invite=/);
  });

  it("writes no field that a spreadsheet would take for a formula", async () => {
    const [key, csv, links] = [inFolder("key.pem"), inFolder("students.csv"), inFolder("links.csv")];
    await run("keygen", "--key", key);
    writeFileSync(csv, 'student_id,name\nSV001,"=HYPERLINK(""http://x.example"")"\n');
    expect((await run(csv, "--url", "https://x.example/", "--key", key, "--out", links)).status).to.equal(0);
    expect(readFileSync(links, "utf8")).to.include(`\r\nSV001,"'=HYPERLINK(`);
  });

  const bad: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ["no column of student ids", "id,name\n1,An\n", /has the columns id, name, but needs .* student_id/],
    ["a column that is there twice", "student_id,name,name\n1,An,An\n", /needs only one that is called name/],
    ["no student", "student_id\n", /names no student/],
    ["another encoding", Buffer.from("student_id,name\nSV001,Ren\xe9\n", "latin1"), /is no UTF-8 text; save it as/],
    [
      "a quote that nothing ends",
      'student_id,name\nSV001,"An\n',
      /1 problem; nothing was done\.\n {2}line 2: .*quote/i,
    ],
  ];
  for (const [what, content, message] of bad) {
    it(`refuses a file with ${what}, and writes nothing`, async () => {
      const { status, err, written } = await refused(content);
      expect([status, written]).to.deep.equal([1, false]);
      expect(err).to.match(message);
    });
  }

  it("names every line that is wrong at once, and writes nothing", async () => {
    const { status, err, written } = await refused(
      [
        "student_id,name,email",
        'SV001,"An,\nthe first",an@truong.edu.vn',
        "a/b,,an",
        "SV001",
        `SV002,${"n".repeat(201)},`,
        "SV003,Nguyễn, An,an@truong.edu.vn",
      ].join("\n"),
    );
    expect([status, written]).to.deep.equal([1, false]);
    expect(err.replace(/^.*? has (?=\d+ problems)/, "").split("\n")).to.deep.equal([
      "5 problems; nothing was done.",
      '  line 4: student_id is "a/b", but must be 1 to 64 of A-Z a-z 0-9 _ . -, and neither "." nor "..".',
      '  line 4: email is "an", but is no e-mail address.',
      '  line 5: student_id "SV001" is in line 2 already; one student, one link.',
      "  line 6: name has 201 characters, but at most 200 fit.",
      "  line 7: there are 4 fields, and the header has 3; quote a field that has a comma in it.",
      "",
    ]);
  });

  async function refused(content: string | Buffer): Promise<{ status: number; err: string; written: boolean }> {
    const [key, csv, links] = [inFolder("key.pem"), inFolder("students.csv"), inFolder("links.csv")];
    await run("keygen", "--key", key);
    writeFileSync(csv, content);
    const { status, err } = await run(csv, "--url", "https://x.example/", "--key", key, "--out", links);
    return { status, err, written: existsSync(links) };
  }

  it("says in one line what is wrong with its arguments", async () => {
    const csv = inFolder("students.csv");
    writeFileSync(csv, "student_id\nSV001\n");
    const cases: readonly (readonly [string[], RegExp])[] = [
      [[], /invite takes one CSV file of students, or keygen; see avatar-pipeline invite --help\./],
      [[csv], /--url is missing/],
      [[csv, "--url", "photos"], /--url is "photos", but/],
      [[csv, "--url", "https://x.example/", "--days", "0"], /--days is "0", but/],
      [[csv, "--url", "https://x.example/", "--key", inFolder("none.pem")], /none\.pem cannot be read \(ENOENT\)/],
      [[csv, "--url", "https://x.example/", "--key", csv], /holds no Ed25519 private key/],
      [["--colour", "red"], /Unknown option '--colour'/],
      [[csv, csv, "--url", "https://x.example/"], /is one argument too many: invite takes one/],
    ];
    for (const [argv, message] of cases) {
      const { status, err } = await run(...argv);
      expect(status).to.equal(1);
      expect(err).to.match(message);
      expect(err.trimEnd()).not.to.include("\n");
    }
    expect((await run("--help")).out).to.match(/^Usage:/);
  });
});
