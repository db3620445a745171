// All programs as a province runs them: hailongd, hailong, hailong-kiosk and Chromium. Somebody taps without end, while
// the kiosk is killed, the network spoiled in every way, the server killed and its disk filled. At the end the server
// has every thanked answer exactly once.
//   node whole_test.mjs BIN_DIRECTORY PAGE_DIRECTORY PICTURES      KIOSK_SEED=N: the same faults again
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { claim, connect, face, launchServer, open, picture, SETTLED_MS, SIZES, until } from './kit.mjs';
import { SPOILED } from './network.mjs';
import { KIOSK, Province, ROUND } from './province.mjs';

const KILLS = 20;
const WEEK_DAYS = 7; // of some seconds each

const seed = Number(process.env.KIOSK_SEED ?? randomInt(2 ** 31));
console.log(`KIOSK_SEED=${seed}`);

// Numbers that look random and depend on the seed alone (splitmix32).
let state = seed | 0;
function draw() {
  state = (state + 0x9e3779b9) | 0;
  let z = state ^ (state >>> 16);
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Somebody who taps what there is to tap, and notes each receipt; a screen that goes away under the finger is no
// trouble, a thank-you that is not true would be.
class Citizen {
  constructor(page) {
    Object.assign(this, { page, receipts: new Set(), sent: 0, stopped: false });
    this.done = this.tapOn();
  }
  async tapOn() {
    while (!this.stopped) {
      await this.tapOnce().catch((error) => {
        if (!/Timeout|detached|intercepts|closed|not visible|not stable/i.test(error.message)) throw error;
      });
    }
  }
  async tapOnce() {
    const { page } = this;
    if (await page.locator('.said.thanks').count() > 0) {
      const receipt = await page.locator('.receipt strong').textContent({ timeout: 500 });
      this.receipts.add(receipt.trim());
      await page.getByRole('button', { name: /Xong|Done/ }).click({ timeout: 500 });
    } else if (await page.locator('.stage.finish').count() > 0) {
      await sleep(SETTLED_MS);
      await page.getByRole('button', { name: /^(Gửi|Send)$/ }).click({ timeout: 500 });
      this.sent += 1;
    } else if (await page.locator('.face-button').count() > 0) {
      await face(page, 1 + Math.floor(5 * draw())).click({ timeout: 500 });
    } else if (await page.locator('.keyboard').count() > 0) {
      await sleep(SETTLED_MS);
      if (draw() < 0.5) await page.locator('.keyboard .key').first().click({ timeout: 500 });
      await page.getByRole('button', { name: /^(Bỏ qua|Tiếp tục|Skip|Continue)$/ }).click({ timeout: 500 });
    } else if (await page.locator('.said.failure').count() > 0) {
      await page.getByRole('button', { name: /Xong|Done/ }).click({ timeout: 500 });
    }
    await sleep(60);
  }
  // The next that is thanked, from now on.
  async thanks(ms = 40_000) {
    const before = this.receipts.size;
    await until(() => this.receipts.size > before, 'thanks', ms);
  }
  async sends() {
    const before = this.sent;
    await until(() => this.sent > before, 'an answer that is sent');
  }
  async stop() {
    this.stopped = true;
    await this.done;
  }
}

// What the server has, once the kiosk has nothing more to say. A kiosk that starts says at once how it is.
async function settle(province, receipts) {
  await until(async () => {
    await province.kiosk.stop();
    await province.kiosk.start('started');
    await sleep(2500);
    const { status, device_sequence_max: last } = province.collector();
    return Number(status?.waiting ?? 0) === 0 && Number(status?.device_sequence ?? -1) === Number(last);
  }, 'an empty outbox', 120_000);
  const last = Number(province.collector().device_sequence_max);
  const [header, ...rows] = province.hailong('export', ROUND, '--format', 'csv').trim().split('\n');
  const at = header.split(',').indexOf('response_id');
  const ids = rows.map((row) => row.split(',')[at]);
  assert.equal(new Set(ids).size, ids.length, 'no response twice');
  assert.equal(ids.length, last, 'as many responses as numbers were given');
  assert.ok(receipts.size <= ids.length, `${receipts.size} thanked, ${ids.length} there`);
  const numbers = new Set([...receipts].map((receipt) => Number(receipt.split('-')[0])));
  assert.equal(numbers.size, receipts.size, 'no number thanked for twice');
  for (const receipt of receipts) {
    const [number, end] = receipt.split('-');
    assert.ok(Number(number) >= 1 && Number(number) <= last, receipt);
    assert.ok(ids.some((id) => id.toUpperCase().endsWith(end)), `the server has the answer of receipt ${receipt}`);
  }
  const gaps = province.hailong('collector', 'gaps', '--format', 'csv').trim().split('\n');
  assert.equal(gaps.length, 1, `only the header: ${gaps}`);
  return ids.length;
}

const chromium = await launchServer();
const browser = await connect(chromium);
test.after(() => chromium.close());

for (const size of SIZES) {
  claim(`enrol, tap and arrive, ${size.width}x${size.height}`, async (running) => {
    const province = await Province.open(running, draw);
    const page = await open(browser, province, size);
    await face(page, 1).waitFor({ timeout: 30_000 });
    await picture(page, 'whole-start');
    const citizen = new Citizen(page);
    await citizen.thanks();
    await citizen.thanks();
    await citizen.stop();
    assert.ok(await settle(province, citizen.receipts) >= 2);
    assert.match(province.hailong('collectors', '--format', 'csv'), new RegExp(KIOSK));
    assert.equal(statSync(province.path('kiosk/credential')).mode & 0o777, 0o600);
    assert.doesNotMatch(province.kiosk.log + province.server.log, /[1-5] ?,|q9|dossier/, 'no log tells of answers');
  });
}

// Half blocks, black on white, as a picture.
function pictureOf(lines) {
  const MODULE_PX = 4;
  const halves = { ' ': [255, 255], '\u2580': [0, 255], '\u2584': [255, 0], '\u2588': [0, 0] };
  const rows = lines.flatMap((line) => [0, 1].map((half) =>
    Array.from(line).flatMap((sign) => Array(MODULE_PX).fill(halves[sign][half]))));
  const tall = rows.flatMap((row) => Array(MODULE_PX).fill(row));
  return Buffer.concat([Buffer.from(`P5 ${tall[0].length} ${tall.length} 255\n`), Buffer.from(tall.flat())]);
}

claim('the QR of the terminal reads as the enrolment code', async (running) => {
  const province = await Province.open(running, draw);
  const printed = province.hailong('collector', 'add', 'kiosk-qr', '--channel', 'kiosk', '--enrol');
  const code = /\b[0-9A-Z]{5}-[0-9A-Z]{5}\b/.exec(printed)[0];
  const lines = [...printed.matchAll(/\x1b\[30;107m([ \u2580\u2584\u2588]+)\x1b\[0m/g)].map((match) => match[1]);
  writeFileSync(province.path('qr.pgm'), pictureOf(lines));
  const read = execFileSync('zbarimg', ['--nodbus', '--quiet', '--raw', province.path('qr.pgm')], { encoding: 'utf8' });
  assert.equal(read.trim(), `hailong-enrol:${code}`);
});

claim('the kiosk is killed while somebody taps, twenty times and more', async (running) => {
  const province = await Province.open(running, draw);
  const page = await open(browser, province);
  const citizen = new Citizen(page);
  await citizen.thanks();
  for (let kill = 0; kill < KILLS; ++kill) {
    // Every other time while an answer is on its way to the disk, or just there.
    if (kill % 2 === 0) await sleep(draw() * 2500);
    else {
      await citizen.sends();
      await sleep(draw() * 60);
    }
    await province.kiosk.stop('SIGKILL');
    await province.kiosk.start('started');
  }
  await citizen.thanks();
  await citizen.stop();
  const there = await settle(province, citizen.receipts);
  console.log(`killed ${KILLS} times: ${citizen.receipts.size} thanked, ${there} on the server`);
});

claim('a week on a line that is spoiled in every way; the server killed, and its disk filled', async (running) => {
  const province = await Province.open(running, draw);
  const page = await open(browser, province, SIZES[1]);
  const citizen = new Citizen(page);
  await citizen.thanks();
  for (let day = 0; day < WEEK_DAYS; ++day) {
    // Two kinds of weather a day, in turn, and no line at all in the night.
    for (const mode of [SPOILED[2 * day % SPOILED.length], SPOILED[(2 * day + 1) % SPOILED.length], 'down']) {
      province.network.set(mode);
      await citizen.thanks();
      await sleep(draw() * 3000);
      province.network.set('good');
      await sleep(draw() * 1500);
    }
  }
  // Up to a minute lies between its tries, so it may have missed all the bad weather. One that starts tries at once.
  const spoiled = () => province.network.cuts + province.network.swallowed;
  province.network.set('cut');
  for (let start = 0; start < 20 && spoiled() === 0; ++start) {
    await province.kiosk.stop();
    await province.kiosk.start('started');
    await sleep(2500);
  }
  province.network.set('good');
  await province.server.stop('SIGKILL');
  await citizen.thanks();
  await province.server.start('listening on');
  // No file of the server may grow: what it is sent cannot be stored.
  execFileSync('prlimit', ['--pid', String(province.server.child.pid), '--fsize=0:0']);
  await citizen.thanks();
  await sleep(3000);
  await province.server.stop('SIGKILL');
  await province.server.start('listening on');
  await citizen.thanks();
  await citizen.stop();
  assert.ok(spoiled() > 0, 'the network was spoiled while something was said');
  const there = await settle(province, citizen.receipts);
  const { cuts, swallowed } = province.network;
  console.log(`${cuts} connections cut, ${swallowed} answers swallowed; ${citizen.receipts.size} thanked, ${there} on the server`);
});
