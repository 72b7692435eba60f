// @ts-check
/**
 * Makes the docs' screenshots of the upload page, from the page itself in a real browser:
 *
 *   npm run build && node tools/generate/screenshots.mjs [FOLDER]
 *
 * Each state of the page is reached in the same way as in the tests; FOLDER is docs/screenshots by default. One sheet
 * for a phone in light colours, one in dark ones, one for a computer; and every state by itself below FOLDER/states
 * with `--all`, to review them while working on the page.
 */
/* global document -- in what is handed to the browser */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), "../.."));
const require = createRequire(import.meta.url);
/** @type {readonly any[]} */
const pageStates = require("../../build/test/site/upload/states.js").pageStates;
const { phone, usePortrait, Visit } = require("../../build/test/site/upload/steps.js");

const all = process.argv.includes("--all");
const folder = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? "docs/screenshots";
const sheets = [
  {
    file: "phone.png",
    context: phone,
    states: ["choose", "crop", "details", "checking", "accepted", "no-face"],
  },
  {
    file: "phone-dark.png",
    context: { ...phone, colorScheme: "dark" },
    states: ["choose", "checking", "accepted", "duplicate"],
  },
  {
    file: "computer.png",
    context: { viewport: { width: 900, height: 800 } },
    states: ["choose", "crop"],
  },
];
const gap = 24;

// The repository contains no real faces, so its pictures show none.
usePortrait(await sharp("tools/generate/drawn-portrait.svg", { density: 144 }).jpeg({ quality: 90 }).toBuffer());

const visit = new Visit();
await visit.start();
try {
  mkdirSync(folder, { recursive: true });
  for (const { file, context, states } of sheets) {
    const pictures = [];
    // A phone opens its own camera, not the page's.
    const possible = pageStates.map((state) => state.name).filter((name) => name !== "camera" || !context.isMobile);
    for (const name of all ? possible : states) {
      const picture = await pictureOf(name, context);
      if (all) {
        mkdirSync(join(folder, "states"), { recursive: true });
        await sharp(picture).toFile(join(folder, "states", `${file.replace(".png", "")}-${name}.png`));
      }
      if (states.includes(name)) pictures.push(picture);
    }
    await writeSheet(join(folder, file), pictures);
    console.log(join(folder, file));
  }
} finally {
  await visit.stop();
}

/** One state's whole page, as PNG. */
async function pictureOf(name, context) {
  const { options, reach } = pageStates.find((state) => state.name === name);
  const site = await visit.site({ stepMilliseconds: 1, ...options });
  const page = await visit.page(site.url, { ...context, reducedMotion: "reduce", deviceScaleFactor: 1 });
  await reach(page, site);
  // An element fixed to the window's lower edge would be in the middle of a picture that is taller than the window.
  await page.evaluate(() =>
    /** @type {HTMLElement | null} */ (document.querySelector(".handy"))?.style.setProperty("position", "static"),
  );
  const picture = await page.screenshot({ fullPage: true });
  await visit.end();
  return picture;
}

/** Places pictures beside each other. */
async function writeSheet(path, pictures) {
  const sized = await Promise.all(pictures.map(async (input) => ({ input, ...(await sharp(input).metadata()) })));
  let left = gap;
  const placed = sized.map(({ input, width }) => {
    const at = { input, left, top: gap };
    left += width + gap;
    return at;
  });
  const height = Math.max(...sized.map((picture) => picture.height)) + 2 * gap;
  await sharp({ create: { width: left, height, channels: 3, background: "#b9bdbb" } })
    .composite(placed)
    .png({ palette: true, quality: 90, effort: 8 })
    .toFile(path);
}
