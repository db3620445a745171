// The web survey on a bad line and a slow phone: what its first screen weighs, when words stand there, when the first
// touch counts, and how long a touch takes to be seen.
//   node web_page_bench.mjs QUESTIONNAIRES PAGES_DIRECTORY PICTURES_DIRECTORY [TIMES]
import { gzipSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INVITED, newContext, pages, startServer } from '../web_page/kit.mjs';

const times = Number(process.argv[5] ?? 5);
const THROTTLE = 6;
// Chromium's own "Slow 3G".
const SLOW_3G = { offline: false, latency: 2000, downloadThroughput: 50_000, uploadThroughput: 50_000 };

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0);
  return `p50 ${at(0.5)}, most ${at(1)}`;
}

const server = await startServer();
const weightOf = (name) => gzipSync(readFileSync(join(pages, 's', name)), { level: 9 }).length;
const weights = readdirSync(join(pages, 's')).filter((name) => /^(index|survey)/.test(name))
  .map((name) => `${name.split('.').pop()} ${weightOf(name)}`);

const words = [];
const ready = [];
const taps = [];
const bytes = [];
for (let i = 0; i < times; ++i) {
  const context = await newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_3G);
  await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
  let carried = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { carried += encodedDataLength; });
  const begun = performance.now();
  await page.goto(`${server.url}s/${INVITED}`, { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'Bắt đầu' }).waitFor({ timeout: 120_000 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  ready.push(performance.now() - begun);
  words.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
  bytes.push(carried);
  await page.getByRole('button', { name: 'Bắt đầu' }).click();
  // From the touch on an answer to the frame that shows it.
  for (let n = 0; n < 5; ++n) {
    taps.push(await page.evaluate((at) => new Promise((resolve) => {
      const target = document.querySelectorAll('.choice')[at];
      const start = performance.now();
      target.click();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    }), n));
  }
  await context.close();
}

console.log(`web survey, full SIPAS form, ${times} times on Slow 3G (2 s, 400 kbit/s), processor ${THROTTLE}x slower`);
console.log(`  first screen compressed, bytes              ${weights.join(', ')} (limit: 122880)`);
console.log(`  carried until the first touch, bytes        ${spread(bytes)}, questionnaire included`);
console.log(`  opened to first words, ms                   ${spread(words)}`);
console.log(`  opened to first touch possible, ms          ${spread(ready)} (four trips of 2 s: html, files, call)`);
console.log(`  touch on an answer to the frame after, ms   ${spread(taps)}`);
await server.stop();
