import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pageStates } from "./states";
import { expectAccessible, phone, Visit } from "./steps";

describe("The upload page is accessible", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  for (const { name, options, reach } of pageStates) {
    it(`in the state ${name}, light and dark, on a computer and on a phone`, async () => {
      const site = await visit.site({ stepMilliseconds: 1, ...options });
      // axe is a script that the page's own policy keeps out.
      const page = await visit.page(site.url, { bypassCSP: true });
      await reach(page, site);
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      await expectAccessible(page);
      await page.setViewportSize(phone.viewport ?? { width: 390, height: 844 });
      await expectAccessible(page);
    });
  }
});

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
