// A kiosk in front of a real browser: from the tap on "send" to the thanks, the disk's sync in between; how soon the page
// takes a tap on a slow processor; what the program needs of memory.
//   node kiosk_bench.mjs BIN_DIRECTORY PAGE_DIRECTORY PICTURES_DIRECTORY [ANSWERS]
import { readFileSync } from 'node:fs';
import { connect, face, launchServer, open, SETTLED_MS } from '../kiosk/kit.mjs';
import { measureLoads, spread } from '../kiosk/loads.mjs';
import { Province } from '../kiosk/province.mjs';

const answers = Number(process.argv[5] ?? 100);
const THROTTLE = 6;
const LOADS = 40;

// Ends when the thanks are drawn: the second frame after they stand in the document.
const measureSend = (page, settled) => page.evaluate((ms) => new Promise((resolve) => {
  setTimeout(() => {
    const begun = performance.now();
    new MutationObserver((_, observer) => {
      if (document.querySelector('.said.thanks') === null) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)));
    }).observe(document.body, { childList: true, subtree: true });
    [...document.querySelectorAll('button')].find((one) => one.innerText.trim() === 'Gửi').click();
  }, ms);
}), settled);

const running = new Set();
const province = await Province.open(running, Math.random);
const server = await launchServer();
const browser = await connect(server);
const page = await open(browser, province);
const taps = [];
for (let i = 0; i < answers; ++i) {
  await face(page, 1).waitFor();
  while (await page.locator('.stage.finish').count() === 0) {
    const next = await page.locator('#text').count() > 0 ? page.getByRole('button', { name: 'Bỏ qua' }) : face(page, 5);
    await next.click({ timeout: 1000 }).catch(() => {});
    await page.waitForTimeout(50);
  }
  taps.push(await measureSend(page, SETTLED_MS + 50));
  await page.waitForTimeout(SETTLED_MS);
  await page.getByRole('button', { name: 'Xong' }).click();
}

const loads = await measureLoads(browser, province.url, LOADS, THROTTLE);

const status = readFileSync(`/proc/${province.kiosk.child.pid}/status`, 'utf8');
const memory = (name) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024).toFixed(1);
console.log(`kiosk, ${answers} answers of 6 questions, the comment skipped`);
console.log(`  from the tap on "send" to drawn thanks, ms                 ${spread(0.99, taps)}`);
console.log(`  page opened to first picture, processor ${THROTTLE}x slower, ms       ${spread(0.95, loads.map((one) => one.drawn))}`);
console.log(`  page opened to first tap taken, processor ${THROTTLE}x slower, ms     ${spread(0.95, loads.map((one) => one.taken))} (aim: 1000)`);
console.log(`  memory of hailong-kiosk, now / most, MB                    ${memory('VmRSS')} / ${memory('VmHWM')} (aim: 40)`);
for (const one of running) await one.stop();
await server.close();
