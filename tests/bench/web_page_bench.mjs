// The web survey on a bad line and a slow phone, from a real hailongd: what its first screen weighs, when words stand
// there, when the first touch counts, and how long a touch takes to be seen.
//   web_page_bench.mjs BIN_DIRECTORY PAGES_DIRECTORY PICTURES_DIRECTORY [TIMES]
import { gzipSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { claim, newContext, pages } from '../web_page/kit.mjs';
import { server, Site } from '../web_page/site.mjs';

const times = Number(process.argv[5] ?? 5);
const THROTTLE = 6;
const BYTES_PER_SECOND = 50_000; // 400 kbit/s
// What each request waits for. Chromium's own "Slow 3G" adds up the trips that a request needs on a bad day; the other is
// one trip, as on a connection that stands.
const LINES = [['Slow 3G of Chromium, 2 s for each request', 2000], ['slow 3G, trips of 400 ms', 400]];

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0);
  return `p50 ${at(0.5)} (${at(0)}..${at(1)})`;
}

async function measure(link, latency) {
  const context = await newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const speed = { downloadThroughput: BYTES_PER_SECOND, uploadThroughput: BYTES_PER_SECOND };
  await session.send('Network.emulateNetworkConditions', { offline: false, latency, ...speed });
  await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  const begun = performance.now();
  await page.goto(link, { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'Bắt đầu' }).waitFor({ timeout: 120_000 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const ready = performance.now() - begun;
  const words = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
  const carried = bytes;
  await page.getByRole('button', { name: 'Bắt đầu' }).click();
  // From the touch on an answer to the frame that shows it.
  const taps = [];
  for (let n = 0; n < 5; ++n) {
    taps.push(await page.evaluate((at) => new Promise((resolve) => {
      const target = document.querySelectorAll('.choice')[at];
      const start = performance.now();
      target.click();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    }), n));
  }
  await context.close();
  return { words, ready, carried, taps };
}

// A test, so that server and browser end with it.
claim('the web survey on a bad line and a slow phone', async () => {
  const site = await Site.open({ form: 'full' });
  const link = new URL(site.hall());
  link.port = server.webPort; // without the tests' network between
  const weightOf = (name) => gzipSync(readFileSync(join(pages, 's', name)), { level: 9 }).length;
  const weights = readdirSync(join(pages, 's')).filter((name) => /^(index|survey)/.test(name))
    .map((name) => `${name.split('.').pop()} ${weightOf(name)}`);
  console.log(`web survey, full SIPAS form, ${times} times on each line of 400 kbit/s, processor ${THROTTLE}x slower`);
  console.log(`  load of the machine                         ${loadavg()[0].toFixed(1)}`);
  console.log(`  first screen compressed, bytes              ${weights.join(', ')} (limit: 122880)`);
  for (const [name, latency] of LINES) {
    const all = [];
    for (let i = 0; i < times; ++i) all.push(await measure(link.href, latency));
    const of = (key) => spread(all.flatMap((one) => one[key]));
    console.log(`${name}`);
    console.log(`  carried until the first touch, bytes        ${of('carried')}, questionnaire included`);
    console.log(`  opened to first words, ms                   ${of('words')}`);
    console.log(`  opened to first touch possible, ms          ${of('ready')}`);
    console.log(`  touch on an answer to the frame after, ms   ${of('taps')}`);
  }
});
