import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvText, readCsv } from "../../../packages/cli/csv";

describe("a school's CSV", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "csv-"))));
  after(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    const path = join(folder, "school.csv");
    writeFileSync(path, text);
    const csv = readCsv(path, { required: ["student_id"], optional: ["photo", "name"] });
    return { delimiter: csv.delimiter, fields: csv.records.map(({ fields }) => fields) };
  };

  for (const [name, delimiter] of [
    ["commas", ","],
    ["semicolons", ";"],
    ["tabs", "\t"],
  ] as const) {
    it(`of two columns and one line is understood with ${name}, whatever its fields hold`, () => {
      const others = [",", ";", "\t"].filter((other) => other !== delimiter).join("");
      expect(read(`student_id${delimiter}photo\nSV1${delimiter}a${others}b${others}c.jpg\n`)).to.deep.equal({
        delimiter,
        fields: [["SV1", `a${others}b${others}c.jpg`]],
      });
    });
  }

  it("is understood with one column", () => {
    expect(read("student_id\nSV1\nSV2\n").fields).to.deep.equal([["SV1"], ["SV2"]]);
  });

  it("has one form of each name, however its letters are composed", () => {
    const { fields } = read(`student_id,name\nSV1,${"Hòa".normalize("NFD")}\n`);
    expect(fields).to.deep.equal([["SV1", "Hòa".normalize("NFC")]]);
  });

  it("is written with no formula in it, and read as it was", () => {
    const rows = [
      ["student_id", "name"],
      ["-F1", '=HYPERLINK("http://x.example")'],
    ];
    const text = csvText(rows, { newline: "\r\n" });
    expect(text).not.to.match(/(^|[\n,])"?[=+@-]/);
    expect(read(text).fields).to.deep.equal(rows.slice(1));
  });
});
