// @ts-check
/**
 * Measures the upload page in a real browser, and prints the figures as Markdown:
 *
 *   npm run build && node tools/bench/measure-site.mjs
 *
 * The line is Lighthouse's slow 4G (150 ms, 1.6 Mbit/s down, 0.75 up), the processor four times slower than this one's.
 * Interactive is the time from the start of the navigation until the first screen's buttons work, with nothing cached.
 */
/* global MutationObserver, document, performance, window -- in what is handed to the browser */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import sharp from "sharp";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), "../.."));
const require = createRequire(import.meta.url);
const { phone, see, upload, Visit } = require("../../build/test/site/upload/steps.js");
const { portraitLarge } = require("../../build/test/support/portraits.js");

const rounds = 5;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

/** An enlarged photo has no detail that is hard to compress as JPEG: a sensor's grain compensates for that. */
async function grained(photo) {
  const { width, height } = await sharp(photo).metadata();
  const noise = { type: /** @type {const} */ ("gaussian"), mean: 128, sigma: 14 };
  const grain = await sharp({ create: { width, height, channels: 3, background: "#808080", noise } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return sharp(photo)
    .composite([{ input: grain, blend: "soft-light" }])
    .keepMetadata()
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** Opens the page on a slow phone and connection; returns the page and its time to interactive, in milliseconds. */
async function openSlowly(visit, site, slow) {
  const page = await visit.page("about:blank", phone);
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (document.querySelector(".drop button") === null) return;
      Reflect.set(window, "usableAt", performance.now());
      observer.disconnect();
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  if (slow) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 150,
      downloadThroughput: (1.6e6 / 8) | 0,
      uploadThroughput: (0.75e6 / 8) | 0,
    });
  }
  await page.goto(site.url);
  await see(page, "Chụp hoặc chọn ảnh của bạn");
  return { page, usableAt: await page.evaluate(() => Reflect.get(window, "usableAt")) };
}

const visit = new Visit();
await visit.start();
try {
  const site = await visit.site({ stepMilliseconds: 1 });
  /** @type {number[]} */
  const fast = [];
  /** @type {number[]} */
  const slow = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const isSlow of [false, true]) {
      const { page, usableAt } = await openSlowly(visit, site, isSlow);
      (isSlow ? slow : fast).push(usableAt);
      await page.close();
    }
  }
  const photo = await grained(await portraitLarge("A", 12));
  const { page } = await openSlowly(visit, site, true);
  // Otherwise it may have been accepted before the page's first request.
  site.ending = { status: "processing", step: "DetectFace" };
  const began = Date.now();
  await upload(page, "SV001", photo);
  await see(page, "Đang kiểm tra ảnh");
  const seconds = (Date.now() - began) / 1000;
  const sent = site.received[0].bytes.length;
  const weights = readdirSync("lib/site").map((file) => ({
    file,
    bytes: gzipSync(readFileSync(join("lib/site", file))).length,
  }));
  const weight = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const asIs = photo.length / (0.75e6 / 8);
  console.log("| figure | value |\n|---|---|");
  console.log(
    `| weight, gzipped | ${kilobytes(weight)} (${weights.map(({ file, bytes }) => `${file} ${kilobytes(bytes)}`).join(", ")}) |`,
  );
  console.log(`| interactive, this machine | ${Math.round(median(fast))} ms |`);
  console.log(`| interactive, slow 4G and a quarter of the processor | ${Math.round(median(slow))} ms |`);
  console.log(
    `| a 12 MP photo of ${kilobytes(photo.length)} is sent as | ${kilobytes(sent)} (1/${Math.round(photo.length / sent)}) |`,
  );
  console.log(
    `| from choosing it to having it sent, same line | ${seconds.toFixed(1)} s, its sending as it is ${asIs.toFixed(1)} s |`,
  );
  await visit.end();
} finally {
  await visit.stop();
}
