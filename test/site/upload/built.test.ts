import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

describe("The upload page as it is built", () => {
  const folder = "lib/site";
  const files = readdirSync(folder);

  it("weighs less than 40 KB, gzipped", () => {
    const weight = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);
    expect(weight).to.be.below(40_000);
  });

  it("runs no script and loads no style but its own, and asks nobody else for anything", () => {
    const html = readFileSync(join(folder, "index.html"), "utf8");
    expect(html).to.match(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(html).not.to.match(/\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)/);
    for (const file of files.filter((name) => /\.(html|css|js)$/.test(name))) {
      const text = readFileSync(join(folder, file), "utf8");
      expect(text.match(/(?:src|href)="https?:|url\(|@import|\beval\(|innerHTML|document\.write/), file).to.equal(null);
    }
  });

  it("names every file by its content but the page itself", () => {
    const html = readFileSync(join(folder, "index.html"), "utf8");
    for (const file of files.filter((name) => /\.(js|css)$/.test(name))) {
      expect(file).to.match(/-[A-Z0-9]{8}\.(js|css)$/);
      expect(html).to.include(file);
    }
  });
});
