// The program under test, a browser in front of it, and what is looked for on every screen.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axe, checkTargets as checkTargetsOf, openContext, openPage, running, source, until } from './browser.mjs';

export { claim, connect, heading, launchServer, noTroubles, source, until } from './browser.mjs';

const [demoBinary, pageDirectory, pictures] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });

export const SHIPPED = join(source, 'deploy/data/questionnaires/sipas-2026.textproto');
export const ALL_KINDS = join(source, 'tests/kiosk/all_kinds.textproto');
export const SIZES = [{ width: 1280, height: 800 }, { width: 800, height: 1280 }];
export const COUNTER_FORM = ['form_id="counter"', 'long_form_id="full"', 'province=Thành phố Hà Nội'];
export const PIN = '2580';
const TOUCH_PX = 120; // 20 mm on 10 inches at 1280x800
export const SETTLED_MS = 300; // a page drops taps that come sooner after a change

export class Demo {
  static async start(questionnaire, settings = [], listen = '127.0.0.1:0') {
    const demo = new Demo();
    demo.lines = [];
    demo.child = spawn(demoBinary, [listen, pageDirectory, questionnaire, ...settings], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    running.add(demo);
    let rest = '';
    demo.child.stdout.on('data', (data) => {
      const parts = (rest + data).split('\n');
      rest = parts.pop();
      demo.lines.push(...parts);
    });
    demo.gone = new Promise((resolve) => demo.child.on('exit', resolve));
    demo.address = (await demo.line('listening')).split(' ')[1];
    demo.url = `http://${demo.address}/`;
    return demo;
  }
  tell(command) {
    this.child.stdin.write(`${command}\n`);
  }
  line(prefix) {
    return until(() => this.lines.find((line) => line.startsWith(prefix)), `a line "${prefix}..."`);
  }
  kept() {
    return this.lines.filter((line) => line.startsWith('kept ')).map((line) => JSON.parse(line.slice(5)));
  }
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    await this.gone;
  }
}

// A page that fails the test if anything but the program is asked, or anything is complained of.
export async function open(browser, demo, size = SIZES[0], options = {}) {
  const context = await openContext(browser, { viewport: size, locale: 'en-US', ...options });
  const page = await openPage(context, demo.url);
  await page.goto(demo.url);
  await page.locator('h1').first().waitFor();
  return page;
}

export async function tap(page, locator) {
  await page.waitForTimeout(SETTLED_MS);
  const named = typeof locator === 'string' || locator instanceof RegExp;
  await (named ? page.getByRole('button', { name: locator }) : locator).click();
}

// By the keys of a keyboard, once the page has put the focus on its heading: it would take it from the field.
export async function write(page, selector, text, delay = 80) {
  await page.locator('[data-focus]:focus').waitFor();
  await page.locator(selector).focus();
  await page.keyboard.type(text, { delay });
}

export const face = (page, step) => page.locator('.face-button').nth(step - 1);

// The six ratings of the counter form, which end at its comment.
export async function rateCounterForm(page, steps = [5, 4, 3, 2, 1, 5]) {
  for (const [i, step] of steps.entries()) {
    if (i > 0) await page.locator('.progress', { hasText: new RegExp(`\\b${i + 1} `) }).waitFor();
    await tap(page, face(page, step));
  }
  await page.locator('#text').waitFor();
}

export async function answerCounterForm(page, steps = undefined, comment = '') {
  await rateCounterForm(page, steps);
  if (comment !== '') await type(page, comment);
  await tap(page, comment === '' ? /^(Bỏ qua|Skip)/ : /^(Tiếp tục|Continue)/);
  await page.locator('.stage.finish').waitFor();
}

// By touch, as the Vietnamese keys stand there: capitals by shift, tones after their vowel, what is rare on another plane.
export async function type(page, text) {
  const key = (name) => page.locator('.keyboard').getByRole('button', { name, exact: true });
  let rare = false;
  for (const letter of Array.from(text)) {
    if (letter === ' ') {
      await key('Dấu cách').click();
      continue;
    }
    if (/[0-9fjwz.?!]/i.test(letter) !== rare) {
      await page.locator('.key.plane').click();
      rare = !rare;
    }
    const tone = letter.normalize('NFD').match(/[\u0300\u0301\u0303\u0309\u0323]/)?.[0];
    const bare = letter.normalize('NFD').replace(/[\u0300\u0301\u0303\u0309\u0323]/, '').normalize('NFC');
    if (bare !== bare.toLowerCase()) await key('Chữ hoa').click();
    await key(bare).click();
    const tones = { '\u0300': 'huyền', '\u0301': 'sắc', '\u0303': 'ngã', '\u0309': 'hỏi', '\u0323': 'nặng' };
    if (tone !== undefined) await key(`Dấu ${tones[tone]}`).click();
  }
  if (rare) await page.locator('.key.plane').click();
}

export async function picture(page, name) {
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(pictures, `${name}-${width}.png`) });
}

// Everything that is true of every screen: accessible, in normal and in high contrast; large enough to touch; nothing
// cut off; the focus at its heading.
export async function checkScreen(page, name) {
  await page.waitForTimeout(SETTLED_MS);
  const focused = await page.evaluate(() => document.activeElement?.tagName);
  assert.equal(focused, 'H1', `${name}: the focus is on ${focused}`);
  for (const contrast of ['normal', 'high']) {
    await page.evaluate((value) => { document.documentElement.dataset.contrast = value; }, contrast);
    await axe(page, `${name}, ${contrast} contrast`);
    if (contrast === 'high') await picture(page, `${name}-high`);
  }
  await page.evaluate(() => { document.documentElement.dataset.contrast = 'normal'; });
  await checkTargets(page, name);
  await picture(page, name);
}

export async function checkTargets(page, name) {
  const targets = await checkTargetsOf(page, name, TOUCH_PX);
  assert.ok(name.startsWith('wait') || targets > 0, `${name}: no buttons`);
  // Keys are for all fingers at once: none of them may be out of sight.
  const unseen = await page.evaluate(() => [...document.querySelectorAll('.keyboard .key')].filter((one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
  }).map((one) => one.innerText));
  assert.deepEqual(unseen, [], `${name}: keys beyond the glass`);
}
