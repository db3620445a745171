// Whole surveys on a phone of Android 8's age; then what the server has stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerScreen, answersShown, checkLargeText, checkReceipt, checkScreen, claim, noTroubles, picture, storages, TITLE, until,
  WORDS,
} from './kit.mjs';
import { OldBrowser } from './old_browser.mjs';
import { Site } from './site.mjs';

const SMALL = { width: 360, height: 640 };
const PARTS = 13; // screens of the full form
const FACES = 5;
const STALLS = 8; // more than the calls that a browser has under way to one server
const HASTE = 10; // minutes of waiting are seconds
const words = WORDS.vi;

const browser = await OldBrowser.start();
test.after(() => browser.stop());

async function look(page, name) {
  await checkScreen(page, `old-${name}`);
  await checkLargeText(page, `old-${name}`);
}

const part = (page, number, count) => page.heading(words.part.replace('{n}', number).replace('{count}', count));

// From the welcome of the counter's form, whose second screen is a comment, to the review; what was answered.
async function answerCounter(page, { asksCode = false, onSecond = async () => {} } = {}) {
  await page.press(words['start.begin']);
  await part(page, 1, 2);
  for (let i = 0; i < await page.evaluate(() => document.querySelectorAll('.question').length); ++i) {
    await page.touch(`.question:nth-of-type(${i + 1}) .face-button`, undefined, (i + 2) % FACES);
  }
  const answers = await answersShown(page);
  await page.press(words.continue);
  await part(page, 2, 2);
  await onSecond();
  await page.press(words.continue);
  if (!asksCode) await page.heading(words['review.title']);
  return answers;
}

async function send(page) {
  await page.press(words['finish.send']);
  await page.heading(words['thanks.title']);
}

test('that browser is as old as it should be', async () => {
  assert.match(await browser.version(), /^HeadlessChrome\/64\./);
});

claim('the watch over an old page sees errors, complaints, another origin and what the policy forbids', async () => {
  const site = await Site.open();
  const page = await browser.open(site, site.hall(), SMALL);
  await page.heading(TITLE);
  noTroubles(page);
  await page.evaluate(() => {
    setTimeout(() => { throw new Error('thrown'); });
    console.error('complained of');
    new Image().src = 'http://127.0.0.1:9/';
    document.body.appendChild(document.createElement('style')).textContent = 'p { color: red }';
  });
  for (const trouble of [/^error: .*thrown/, /^console: complained of/, /^asked http:.*:9/, /^log: .*style-src/]) {
    await until(() => page.troubles.some((one) => trouble.test(one)), `${trouble}`);
  }
});

claim('an old phone: the full form by invitation, an answer changed on going back, a comment, the receipt', async () => {
  const site = await Site.open({ form: 'full' });
  const link = site.invitation();
  const page = await browser.open(site, link, SMALL);
  await page.heading(TITLE);
  await look(page, 'welcome');
  await page.press(words['start.begin']);
  const answers = [];
  for (let number = 1; number <= PARTS; ++number) {
    await part(page, number, PARTS);
    await look(page, `part-${number}`);
    await answerScreen(page, { touches: false });
    if (number === 3) {
      await page.press(words.back);
      await part(page, 2, PARTS);
      const before = await answersShown(page);
      assert.deepEqual(before, answers.slice(-before.length));
      await page.touch('.choices .choice');
      const after = await answersShown(page);
      assert.notDeepEqual(after, before);
      answers.splice(-before.length, before.length, ...after);
      await page.press(words.continue);
      await part(page, 3, PARTS);
    }
    if (number === PARTS) await page.write('textarea', 'Cán bộ hướng dẫn rõ, chờ hơi lâu.\nCảm ơn 👍');
    await picture(page, `old-part-${number}-answered`);
    answers.push(...await answersShown(page));
    await page.press(words.continue);
  }
  await page.heading(words['review.title']);
  await look(page, 'review');
  await send(page);
  await look(page, 'thanks');
  noTroubles(page);
  assert.equal(answers.length, 85);
  assert.equal(answers[84].text, 'Cán bộ hướng dẫn rõ, chờ hơi lâu.\nCảm ơn 👍');
  const row = site.storedOnce(answers);
  await checkReceipt(page, row);
  assert.equal(row.identified, true);
  assert.deepEqual(site.leaked(link), []);
  assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
});

claim('an old phone: offline in the middle, then a reply that is lost; stored once', async () => {
  const site = await Site.open();
  const page = await browser.open(site, site.invitation(), SMALL, { haste: HASTE });
  const answers = await answerCounter(page, { onSecond: () => page.offline(true) });
  await page.press(words['finish.send']);
  await page.heading(words['waiting.offline']);
  await look(page, 'waiting');
  await page.press(words.try);
  await page.heading(words['waiting.offline']);
  assert.deepEqual(site.stored(), []);
  site.weather.coming.push('cut');
  await page.offline(false);
  await page.heading(words['thanks.title']);
  assert.equal(site.submitted().length, 2);
  await checkReceipt(page, site.storedOnce(answers));
  noTroubles(page);
});

claim('an old phone: replies that are cut off or stand still keep no later one from coming', async () => {
  const site = await Site.open();
  const page = await browser.open(site, site.invitation(), SMALL, { haste: 10 * HASTE });
  const answers = await answerCounter(page);
  site.weather.coming.push('half', 'drop', 'html', ...Array(STALLS).fill('stall'));
  await send(page);
  assert.ok(site.submitted().length > STALLS + 1);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('an old phone: answers kept for later outlive a reload and the tab, and leave the phone when sent', async () => {
  const site = await Site.open();
  const link = site.invitation();
  const first = await browser.open(site, link, SMALL);
  await first.press(words['start.begin']);
  await part(first, 1, 2);
  await first.touch('.face-button', undefined, 1);
  await first.press(words['later.ask']);
  await first.heading(words['later.title']);
  await look(first, 'later');
  await first.press(words['later.keep']);
  await first.see('p', words['later.done']);
  await picture(first, 'old-later-kept');
  await first.reload();
  await part(first, 1, 2);
  await first.touch('.face-button', undefined, FACES + 2);
  const answers = await answersShown(first);
  assert.deepEqual(answers.map((one) => one.choice), [2, 3]);
  noTroubles(first);
  await first.close();

  const page = await browser.open(site, link, SMALL);
  await page.heading(words['resume.title']);
  await look(page, 'resume');
  await page.press(words['resume.go_on']);
  await part(page, 1, 2);
  assert.deepEqual(await answersShown(page), answers);
  await page.press(words.continue);
  await page.press(words.continue);
  await send(page);
  site.storedOnce(answers);
  assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
  noTroubles(page);
});

claim('an old phone: a dossier code at the open link, typed wrong and then right', async () => {
  const site = await Site.open();
  const page = await browser.open(site, site.hall(), SMALL);
  const answers = await answerCounter(page, { asksCode: true });
  await page.heading(words['dossier.question']);
  await look(page, 'dossier');
  const code = site.dossier(1);
  await page.write('#code', code.slice(0, -6).toLowerCase());
  await page.press(words.continue);
  await page.see('[role=alert]', words['dossier.wrong']);
  await picture(page, 'old-dossier-wrong');
  await page.write('#code', code.slice(-6));
  await page.see('#verdict', words['dossier.good']);
  await page.press(words.continue);
  await page.see('p', words['review.dossier'].replace('{end}', code.slice(-4)));
  await send(page);
  const row = site.storedOnce(answers);
  assert.equal(row.identified, true);
  assert.deepEqual(site.submitted()[0].evidence, { dossierCode: code });
  noTroubles(page);
});

claim('an old phone: what is required and missing is found by a touch', async () => {
  const site = await Site.open({ round: 'officials', form: '' });
  const page = await browser.open(site, site.invitation(), SMALL);
  await page.press(words['start.begin']);
  await page.touch('.question:nth-of-type(2) .choice');
  while (await page.text('h1') !== words['review.title']) {
    await page.press(words.continue);
  }
  await page.press(words['finish.send']);
  await page.see('.missing.tried');
  await picture(page, 'old-review-missing');
  await page.touch('.missing button');
  await page.see('#q-group');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'q-group');
  await page.touch('.choice', undefined, 2);
  await page.goBack();
  await page.heading(words['review.title']);
  await send(page);
  assert.deepEqual(site.storedOnce().answers[0], { question_id: 'group', choice: 3 });
  noTroubles(page);
});

claim('an old phone: links that lead nowhere and a busy server are told', async () => {
  const site = await Site.open();
  const wrong = await browser.open(site, '#x=1', SMALL);
  await wrong.heading(words['unknown.title']);
  await look(wrong, 'unknown');
  site.weather.climate = 'busy';
  const page = await browser.open(site, site.hall(), SMALL);
  await page.heading(words['busy.title']);
  await look(page, 'busy');
  site.weather.climate = 'good';
  await page.heading(TITLE);
  noTroubles(wrong);
  noTroubles(page);
});
