// How soon a page is there for a person on a slow processor: from the start of the navigation to the first picture, and to
// the first tap that it takes, both by the browser's own clock in the page. Nothing is put into the page before they are
// over, because the processor that is slowed down would have to work for that too.
import { SIZES, tap } from './kit.mjs';

const TAKES_MS = 20_000;

// Times of `count` loads, in milliseconds: [{ drawn, taken }].
export async function measureLoads(browser, url, count, slowdown) {
  const times = [];
  for (let i = 0; i < count; ++i) times.push(await measureLoad(browser, url, slowdown));
  return times;
}

async function measureLoad(browser, url, slowdown) {
  const context = await browser.newContext({ viewport: SIZES[0] });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Page.enable');
  await devtools.send('Page.setLifecycleEventsEnabled', { enabled: true });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  const { width, height } = SIZES[0];
  const drawn = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing drawn within ${TAKES_MS} ms`)), TAKES_MS);
    devtools.on('Page.lifecycleEvent', ({ name }) => {
      if (name !== 'firstContentfulPaint') return;
      clearTimeout(timer);
      resolve();
    });
  });
  await devtools.send('Page.navigate', { url });
  await drawn;
  // The middle of the glass is the middle face.
  const at = { x: width / 2, y: height / 2, button: 'left', clickCount: 1 };
  await devtools.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...at });
  await devtools.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...at });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await page.locator('.progress').waitFor({ timeout: TAKES_MS }); // the tap was taken: the next question is there
  const measured = await page.evaluate(() => ({
    drawn: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    taken: performance.getEntriesByType('first-input')[0].processingStart,
  }));
  await tap(page, 'Bắt đầu lại'); // for the next
  await page.locator('.stage.start').waitFor();
  await context.close();
  return measured;
}

export function spread(high, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)].toFixed(1);
  return `p50 ${at(0.5)}, p${100 * high} ${at(high)}, most ${at(1)}`;
}
