// A stand-in for the server, a browser before it, and what is looked for on every screen of the web survey.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { axe, checkTargets, connect, launchServer, openContext, openPage, running } from '../kiosk/browser.mjs';
import { StandIn } from './stand_in.mjs';
import { parseTextproto } from './textproto.mjs';

export { claim, heading, noTroubles, source, until } from '../kiosk/browser.mjs';

const [questionnaires, pages, pictures] = process.argv.slice(2);
export { pages };
mkdirSync(pictures, { recursive: true });

const chromium = await launchServer();
const browser = await connect(chromium);
test.after(() => chromium.close());

export const SIZES = [{ width: 360, height: 640 }, { width: 390, height: 844 }, { width: 1280, height: 800 }];
const TOUCH_PX = 44;

export const SIPAS = parseTextproto(readFileSync(join(questionnaires, 'sipas-2026.textproto'), 'utf8'));
export const OFFICIALS = parseTextproto(readFileSync(join(questionnaires, 'officials-2026.textproto'), 'utf8'));
export const SURVEY = {
  title: { vi: 'Đo lường sự hài lòng năm 2026', en: 'Satisfaction survey 2026' },
  unitName: 'Ủy ban nhân dân phường Tùng Thiện',
  provinceName: 'Thành phố Hà Nội',
  questionnaire: SIPAS,
  formId: 'full',
  languages: ['vi', 'en'],
};

// The faces of the counter's form alone, one screen: links and networks need no more to be tested.
const counter = SIPAS.forms.find((form) => form.formId === 'counter');
const isRating = (id) => SIPAS.questions.some((one) => one.questionId === id && one.kind === 'QUESTION_KIND_RATING');
SIPAS.forms.push({ ...counter, formId: 'faces', questionIds: counter.questionIds.filter(isRating) });
export const FACES = { formId: 'faces' };

export const CODE = 'G12.18-260421-00430053';

export const everyEntry = () => ({
  'i SECRETtoken': {},
  'i SECRETused': { used: 'another' },
  'l SECREThall': { survey: { ...FACES, asksDossierCode: true } },
  'l SECRETsoon': { state: 'NOT_YET' },
  'l SECREToff': { state: 'OVER' },
  'l SECRETfull': { state: 'FULL' },
  [`s SECREThall ${CODE} SECRETcheck`]: { survey: FACES },
});
export const INVITED = '#i=SECRETtoken';
export const HALL = '#l=SECREThall';

export async function startServer(survey = SURVEY, entries = everyEntry()) {
  const server = await StandIn.start(pages, survey, entries);
  running.add(server);
  return server;
}

// Failed calls are what many tests are about; the browser's complaints of them are not.
const EXPECTED = /Failed to load resource/;

export async function openTab(context, server, fragment = INVITED) {
  const page = await openPage(context, server.url, EXPECTED);
  await page.goto(`${server.url}s/${fragment}`);
  return page;
}

export function newContext(size = SIZES[0], options = {}) {
  return openContext(browser, { viewport: size, locale: 'vi-VN', hasTouch: size.width < 1000, ...options });
}

export async function open(server, fragment = INVITED, size = SIZES[0], options = {}) {
  return openTab(await newContext(size, options), server, fragment);
}

export const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
export const WORDS = {
  vi: {
    begin: 'Bắt đầu', next: 'Tiếp tục', send: 'Gửi', review: 'Xem lại trước khi gửi', thanks: 'Cảm ơn Ông/Bà!', other: 'English',
  },
  en: { begin: 'Begin', next: 'Continue', send: 'Send', review: 'Before you send', thanks: 'Thank you!' },
};

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

export async function picture(page, name) {
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(pictures, `${name}-${width}.png`), fullPage: true });
}

// What is true of every screen: accessible, by day and by night; large enough to touch; nothing cut off, not even with
// letters twice as large on 320 px; the focus at its heading.
export async function checkScreen(page, name, language = 'vi') {
  const at = await page.evaluate(() => ({ focus: document.activeElement?.tagName, lang: document.documentElement.lang }));
  assert.match(at.focus, /^H[12]$/, `${name}: the focus is on ${at.focus}`);
  assert.equal(at.lang, language);
  await axe(page, name);
  await checkTargets(page, name, TOUCH_PX, { kinds: 'button, input, textarea' });
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
  await checkTargets(page, `${name} with large letters`, TOUCH_PX, { kinds: 'button, input, textarea' });
  await picture(page, `${name}-large`);
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  await page.setViewportSize(before);
}

export const storages = (page) => page.evaluate(() => ({
  tab: JSON.stringify({ ...sessionStorage }), phone: JSON.stringify({ ...localStorage }),
}));
