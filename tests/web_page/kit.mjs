// A browser before a survey of the server, what a person does in it, and what is looked for on every screen.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { axe, checkTargets, connect, heading, launchServer, openContext, openPage, source } from '../kiosk/browser.mjs';

export { claim, heading, noTroubles, source, until } from '../kiosk/browser.mjs';

const [, pagesDirectory, pictures] = process.argv.slice(2);
export const pages = pagesDirectory;
mkdirSync(pictures, { recursive: true });

const chromium = await launchServer();
const browser = await connect(chromium);
test.after(() => chromium.close());

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };
const TOUCH_PX = 44;
const APART_PX = 3; // at least, between two targets
const TARGETS = 'button, input, textarea';

export const TITLE = 'Thành phố Hồ Chí Minh, thử máy đánh giá tại quầy'; // of the round
export const CODE = 'G12.18-260421-00430053';

// The page's own words, by language.
const messages = (folder, language) =>
  JSON.parse(readFileSync(join(source, 'kiosk-client/page/src', folder, `${language}.json`), 'utf8'));
export const WORDS = Object.fromEntries(['vi', 'en'].map((language) =>
  [language, { ...messages('messages', language), ...messages('web/messages', language) }]));

// Failed calls are what many tests are about; the browser's complaints of them are not.
const EXPECTED = /Failed to load resource/;

// By a link, or by what stands behind the '#' of one.
export async function openTab(context, site, link) {
  const page = await openPage(context, site.url, EXPECTED);
  await page.goto(new URL(link, `${site.url}s/`).href);
  return page;
}

export function newContext(size = PHONE, options = {}) {
  return openContext(browser, { viewport: size, locale: 'vi-VN', hasTouch: size === PHONE, ...options });
}

export async function open(site, link, size = PHONE, options = {}) {
  return openTab(await newContext(size, options), site, link);
}

export const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
// The screen of that number; the only one has no number.
export async function part(page, number) {
  const only = number === 1 ? '|^(Câu hỏi|Questions)$' : '';
  await page.getByRole('heading', { level: 1, name: new RegExp(`^(Phần|Part) ${number} ${only}`) }).waitFor();
}

// One answer to each question on the screen; which one depends on the question's place. By real touches, or by the
// script's clicks, which take a tenth of the time.
export async function answerScreen(page, { touches = true } = {}) {
  if (!touches) {
    return page.evaluate(() => {
      [...document.querySelectorAll('.question')].forEach((question, i) => {
        const targets = question.querySelectorAll('.face-button, .choices .choice');
        if (targets.length > 0) targets[(i + 2) % targets.length].click();
      });
    });
  }
  const questions = page.locator('.question');
  for (let i = 0; i < await questions.count(); ++i) {
    const question = questions.nth(i);
    const targets = question.locator('.face-button, .choices .choice');
    const count = await targets.count();
    if (count > 0) await targets.nth((i + 2) % count).click();
  }
}

// What stands on the screen as answered, as an export tells it.
export const answersShown = (page) => page.evaluate(() => [...document.querySelectorAll('.question')].map((question) => {
  const targets = [...question.querySelectorAll('.face-button, .choices .choice')];
  const chosen = targets.map((one, i) => (one.matches('[aria-pressed=true], [aria-checked=true]') ? i + 1 : 0)).filter(Boolean);
  const several = targets.some((one) => one.matches('[role=checkbox]'));
  const text = [...question.querySelectorAll('textarea')].map((one) => one.value.trim()).join('');
  if (chosen.length === 0 && text === '') return null;
  const value = chosen.length === 0 ? {} : several ? { choices: { choices: chosen } } : { choice: chosen[0] };
  return { question_id: question.querySelector('h2').id.slice(2), ...value, ...(text === '' ? {} : { text }) };
}).filter((one) => one !== null));

// From the welcome to the last screen before sending, without a dossier code; what was answered. `onScreen` is called
// with the number of each screen before and after it is answered.
export async function answerAll(page, { language = 'vi', touches = false, onScreen = async () => {} } = {}) {
  const words = WORDS[language];
  await press(page, words['start.begin']);
  const answers = [];
  for (let number = 1; ; ++number) {
    await part(page, number);
    await onScreen(number, false);
    await answerScreen(page, { touches });
    await onScreen(number, true);
    answers.push(...await answersShown(page));
    await press(page, words.continue);
    const title = await page.locator('h1').innerText();
    if (title === words['dossier.question']) await press(page, words['dossier.without']);
    if (title === words['dossier.question'] || title === words['review.title']) break;
  }
  await heading(page, words['review.title']);
  return answers;
}

// Sends what is there, and waits for the thanks.
export async function send(page, language = 'vi') {
  await press(page, WORDS[language]['finish.send']);
  await thanked(page, language);
}
export const thanked = (page, language = 'vi') => heading(page, WORDS[language]['thanks.title']);

// The page's receipt is that of the stored response.
export async function checkReceipt(page, { response_id: id }) {
  const receipt = await page.evaluate(() => document.querySelector('.receipt strong').innerText);
  assert.equal(receipt.replace('-', ''), id.replace(/-/g, '').slice(-8).toUpperCase());
}

export async function picture(page, name) {
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: true });
}

async function checkApart(page, name) {
  const touching = await page.evaluate(([all, px]) => {
    const boxes = [...document.querySelectorAll(all)].map((one) => [one.innerText || one.id, one.getBoundingClientRect()]);
    const near = (a, b) => a.left < b.right + px && b.left < a.right + px && a.top < b.bottom + px && b.top < a.bottom + px;
    const pairs = [];
    boxes.forEach(([a, at], i) => {
      for (const [b, other] of boxes.slice(i + 1)) if (near(at, other)) pairs.push(`"${a}" and "${b}"`);
    });
    return pairs;
  }, [TARGETS, APART_PX]);
  assert.deepEqual(touching, [], `${name}: less than ${APART_PX} px apart`);
}

// What is true of every screen: accessible, by day and by night; large enough to touch, and apart; nothing cut off, not
// even with letters twice as large on 320 px; the focus at its heading.
export async function checkScreen(page, name, language = 'vi') {
  const at = await page.evaluate(() => ({ focus: document.activeElement.tagName, lang: document.documentElement.lang }));
  assert.match(at.focus, /^H[12]$/, `${name}: the focus is on ${at.focus}`);
  assert.equal(at.lang, language);
  await axe(page, name);
  await checkTargets(page, name, TOUCH_PX, { kinds: TARGETS });
  await checkApart(page, name);
  await picture(page, `${name}-${language}`);
}

export async function checkNight(page, name) {
  await page.emulateMedia({ colorScheme: 'dark' });
  await axe(page, `${name} by night`);
  await picture(page, `${name}-night`);
  await page.emulateMedia({ colorScheme: 'light' });
}

export async function checkLargeText(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: before.height });
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await checkTargets(page, `${name} with large letters`, TOUCH_PX, { kinds: TARGETS });
  await checkApart(page, `${name} with large letters`);
  await picture(page, `${name}-large`);
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  await page.setViewportSize(before);
}

export const storages = (page) => page.evaluate(() => ({
  tab: JSON.stringify({ ...sessionStorage }), phone: JSON.stringify({ ...localStorage }),
}));
