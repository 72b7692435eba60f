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
      // axe is a script that the page's own policy blocks.
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
