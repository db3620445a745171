// One person from the link to the thanks, in every way there is; then what the server has stored.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  answerAll, answerScreen, answersShown, checkLargeText, checkNight, checkReceipt, checkScreen, claim, DESKTOP, heading,
  newContext, noTroubles, open, openTab, part, PHONE, picture, press, send, source, storages, thanked, TITLE, WORDS,
} from './kit.mjs';
import { OFFICIALS, server, Site } from './site.mjs';

const PARTS = 13; // screens of the full form
const HOUR_MS = 3_600_000;

for (const size of [PHONE, DESKTOP]) {
  for (const language of ['vi', 'en']) {
    const phone = size === PHONE;
    claim(`the full SIPAS form by invitation, ${language}, ${size.width}x${size.height}`, async () => {
      const site = await Site.open({ form: 'full' });
      const link = site.invitation();
      const page = await open(site, link, size);
      const look = async (name) => {
        await checkScreen(page, name, language);
        if (phone && language === 'vi') await checkNight(page, name);
        if (phone) await checkLargeText(page, `${name}-${language}`);
      };
      const words = WORDS[language];
      await heading(page, TITLE);
      if (language === 'en') {
        await press(page, 'English');
        await heading(page, 'Ho Chi Minh City, trying the kiosk at a counter');
      }
      assert.match(await page.locator('main').innerText(), /85.*11/);
      assert.match(await page.locator('header').innerText(), new RegExp(`Thành phố Hồ Chí Minh\\s+${site.unitName}`));
      await look('welcome');
      let last = 0;
      const answers = await answerAll(page, {
        language,
        touches: phone && language === 'vi',
        onScreen: async (number, answered) => {
          last = number;
          if (answered) return number === 6 ? picture(page, `part-answered-${language}`) : undefined;
          if (number === 6 || (phone && number <= 2)) await look(`part-${number}`);
        },
      });
      assert.equal(last, PARTS);
      assert.equal(answers.length, 84); // of 85: the last is a free text, which nobody wrote
      await look('review');
      await send(page, language);
      await look('thanks');
      noTroubles(page);
      assert.deepEqual(site.leaked(link), []);
      const row = site.storedOnce(answers);
      await checkReceipt(page, row);
      assert.equal(row.unit_id, site.unit);
      assert.equal(row.channel, 'CHANNEL_WEB');
      assert.equal(row.identified, true);
      assert.ok(row.duration_ms > 500 && row.duration_ms < 120_000, `duration ${row.duration_ms}`);
      assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
    });

    for (const [name, entry] of [
      ['invitation', (site) => site.invitation()],
      ['slip', (site) => site.slips(site.dossier(1))[0]],
      ['open link', (site) => site.hall()],
    ]) {
      claim(`the form of the counter by ${name}, ${language}, ${size.width}x${size.height}`, async () => {
        const site = await Site.open();
        const page = await open(site, entry(site), size);
        await heading(page, TITLE);
        if (language === 'en') await press(page, 'English');
        const answers = await answerAll(page, { language });
        assert.equal(answers.length, 6);
        await send(page, language);
        noTroubles(page);
        const row = site.storedOnce(answers);
        await checkReceipt(page, row);
        assert.equal(row.identified ?? false, name !== 'open link');
        assert.equal(row.flags, undefined);
      });
    }
  }
}

// As a camera sees it: the sheet drawn, and its codes read.
function codesOf(pdf, directory) {
  execFileSync('pdftoppm', ['-r', '150', '-png', pdf, join(directory, 'sheet')]);
  const read = execFileSync('zbarimg', ['--nodbus', '--quiet', '--raw', join(directory, 'sheet-1.png')], { encoding: 'utf8' });
  return read.trim().split('\n');
}

claim('the QR codes of a printed sheet lead each person into a survey of their own', async () => {
  const site = await Site.open();
  site.slips(site.dossier(1), site.dossier(2));
  const pdf = server.path(`${site.id}.pdf`);
  server.hailong('invite', 'sheet', server.path(`${site.id}-links-1.csv`), '--out', pdf, '--label', 'dossier_code');
  const links = codesOf(pdf, server.directory);
  assert.equal(links.length, 2);
  const context = await newContext();
  for (const link of links) {
    const page = await openTab(context, site, link);
    await answerAll(page);
    await send(page);
    noTroubles(page);
  }
  assert.deepEqual(site.stored().map((one) => [one.identified, one.counts]), [[true, true], [true, true]]);
});

claim('every kind of question, with texts, none, not applicable, and taking an answer back', async () => {
  server.hailong('questionnaire', 'publish', join(source, 'tests/kiosk/all_kinds.textproto'));
  server.openRound('kinds', { questionnaire_id: '"all-kinds"', questionnaire_version: 1, framework_id: '""' });
  const site = await Site.open({ round: 'kinds', form: '' });
  const page = await open(site, site.hall());
  await press(page, 'Bắt đầu');
  await part(page, 1);
  const question = (id) => page.locator('.question').filter({ has: page.locator(`#q-${id}`) });
  await question('one').getByRole('button', { name: 'Lần khác' }).click();
  await question('one').getByLabel('Lần khác').last().fill('  lần thứ ba ');
  await question('four').getByRole('button', { name: 'Phù hợp', exact: true }).click();
  await question('four').getByRole('button', { name: 'Không áp dụng' }).click();
  assert.equal(await question('four').locator('.choices [aria-pressed=true]').count(), 0);
  const boxes = question('several').getByRole('checkbox');
  const none = await boxes.count() - 1;
  const checked = () => boxes.evaluateAll((all) => all.flatMap((one, i) => (one.ariaChecked === 'true' ? [i] : [])));
  await boxes.nth(0).click();
  await boxes.nth(2).click();
  assert.deepEqual(await checked(), [0, 2]);
  await boxes.nth(none).click();
  assert.deepEqual(await checked(), [none]);
  await boxes.nth(1).click();
  assert.deepEqual(await checked(), [1]);
  await boxes.nth(1).click();
  await boxes.nth(none).click();
  const words = question('words').getByRole('textbox');
  await words.fill('x'.repeat(950));
  await page.getByText('950/1000 ký tự').waitFor();
  await page.getByRole('status').filter({ hasText: 'Còn 50 ký tự' }).waitFor({ state: 'attached' });
  await words.fill('nhanh hơn 👍');
  await page.locator('h1').focus();
  await checkScreen(page, 'kinds');
  await press(page, 'Tiếp tục');
  await press(page, 'Không nhập mã');
  await send(page);
  site.storedOnce([
    { question_id: 'one', choice: 2, text: 'lần thứ ba' },
    { question_id: 'four', not_applicable: true },
    { question_id: 'several', choices: {} },
    { question_id: 'words', text: 'nhanh hơn 👍' },
  ]);
  noTroubles(page);
});

// On with nothing more answered, to the review.
async function goOn(page) {
  for (;;) {
    const title = await page.locator('h1').innerText();
    if (title === WORDS.vi['review.title']) return;
    await press(page, title === WORDS.vi['dossier.question'] ? 'Không nhập mã' : 'Tiếp tục');
  }
}

claim('what is required and missing is said before sending, and found by a touch', async () => {
  const site = await Site.open({ round: 'officials', form: '' });
  const page = await open(site, site.hall());
  await press(page, 'Bắt đầu');
  await goOn(page);
  await page.getByText('Ông/Bà chưa trả lời câu nào.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Gửi' }).count(), 0, 'nothing can be sent');
  await checkScreen(page, 'review-missing');
  await press(page, 'Quay lại');
  await press(page, 'Quay lại');
  await page.locator('.choice').first().click();
  await goOn(page);
  await press(page, 'Gửi');
  await page.getByRole('alert').filter({ hasText: 'Chưa gửi được: 1 câu' }).waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(() => document.activeElement.className), 'missing tried');
  assert.deepEqual(site.submitted(), []);
  await picture(page, 'review-tried');
  await press(page, 'Đối tượng trả lời');
  await part(page, 1);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'q-group');
  await page.locator('.choice').nth(2).click();
  await page.goBack();
  await heading(page, WORDS.vi['review.title']);
  await send(page);
  const row = site.storedOnce();
  assert.deepEqual(row.answers[0], { question_id: 'group', choice: 3 });
  assert.equal(row.partial, undefined);
  noTroubles(page);
});

claim('a round that keeps unfinished answers takes them, marked as such', async () => {
  server.openRound('kept', { ...OFFICIALS, partial_rule: 'PARTIAL_RULE_KEEP' });
  const site = await Site.open({ round: 'kept', form: '' });
  const page = await open(site, site.invitation());
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.locator('.question').nth(1).locator('.choice').first().click();
  const answers = await answersShown(page);
  await goOn(page);
  await press(page, 'Gửi phần đã trả lời');
  await thanked(page);
  const row = site.storedOnce(answers);
  assert.equal(row.partial, true);
  assert.deepEqual(row.flags, ['FLAG_PARTIAL']);
  noTroubles(page);
});

claim('an invited official is not asked for the group, which the server adds', async () => {
  const site = await Site.open({ round: 'officials', form: '', options: ['--group-question', 'group'] });
  const [{ link }] = site.invite({ group: 2 });
  const page = await open(site, link);
  const answers = await answerAll(page);
  assert.ok(answers.every((one) => one.question_id !== 'group'));
  await send(page);
  site.storedOnce([{ question_id: 'group', choice: 2 }, ...answers]);
  noTroubles(page);
});

claim('the form of the counter ends with a comment that nobody must write', async () => {
  const site = await Site.open();
  const page = await open(site, site.invitation());
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await checkScreen(page, 'counter-form');
  await answerScreen(page);
  const answers = await answersShown(page);
  await press(page, 'Tiếp tục');
  await page.locator('textarea').fill('Cảm ơn cán bộ một cửa');
  await picture(page, 'counter-comment');
  const [comment] = await answersShown(page);
  await press(page, 'Tiếp tục');
  await heading(page, WORDS.vi['review.title']);
  await send(page);
  site.storedOnce([...answers, comment]);
  assert.equal(comment.text, 'Cảm ơn cán bộ một cửa');
  noTroubles(page);
});

claim('at the open link a dossier code is judged as it is typed, and makes its dossier count once', async () => {
  const site = await Site.open();
  const page = await open(site, site.hall());
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await press(page, 'Tiếp tục');
  await heading(page, 'Ông/Bà có mã hồ sơ ghi trên giấy hẹn không?');
  await checkScreen(page, 'dossier');
  const [file, day, number] = site.dossier(1).split('-');
  const code = page.getByLabel('Mã hồ sơ', { exact: true });
  await code.fill(`${file.toLowerCase()} – ${day}`);
  await page.getByText('Chưa đủ, xin nhập tiếp').waitFor();
  await press(page, 'Tiếp tục');
  await page.getByRole('alert').filter({ hasText: 'Mã chưa đúng' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
  assert.equal(await code.getAttribute('aria-invalid'), 'true');
  await picture(page, 'dossier-wrong');
  await code.fill(`${file.toLowerCase()} – ${day} ${number.slice(0, 4)} ${number.slice(4)}`);
  await page.getByText('Mã đúng').waitFor();
  await code.press('Enter');
  await page.getByText(`Mã hồ sơ tận cùng ${number.slice(4)}.`).waitFor();
  await send(page);
  noTroubles(page);

  const slip = await open(site, site.slips(site.dossier(1))[0]);
  await answerAll(slip);
  await send(slip);
  await slip.getByText('Câu trả lời đã được lưu.').waitFor();
  assert.deepEqual(site.stored().map((one) => [one.first_outcome, one.identified, one.counts ?? false]),
    [['OUTCOME_RECORDED', true, false], ['OUTCOME_RECORDED_COUNTS', true, true]]);
});

// What of a response is the person's or their device's, in the words of the welcome; the rest is chance and numbers of ours.
const SAID = {
  vi: { answers: /câu trả lời/, submittedAt: /lúc gửi/, durationMs: /thời gian trả lời/, clockOffsetMs: /độ lệch đồng hồ/, evidence: /mã hồ sơ/i },
  en: { answers: /your answers/, submittedAt: /time of sending/, durationMs: /how long/, clockOffsetMs: /clock is off/, evidence: /dossier code/i },
};
const OURS = ['responseId', 'questionnaireVersion'];

claim('everything that is sent was named before the person began', async () => {
  const site = await Site.open();
  for (const language of ['vi', 'en']) {
    const words = WORDS[language];
    const page = await open(site, site.hall());
    await heading(page, TITLE);
    if (language === 'en') await press(page, 'English');
    await page.getByText(words['welcome.kept']).waitFor();
    let said = await page.locator('main').innerText();
    await press(page, words['start.begin']);
    await part(page, 1);
    await answerScreen(page);
    await press(page, words.continue);
    await press(page, words.continue);
    await heading(page, words['dossier.question']);
    said += await page.locator('main').innerText();
    await page.locator('#code').fill(site.dossier(1));
    await press(page, words.continue);
    await send(page, language);
    const sent = Object.keys(site.submitted().pop()).filter((one) => !OURS.includes(one));
    assert.deepEqual(sent.sort(), Object.keys(SAID[language]).sort());
    for (const field of sent) assert.match(said, SAID[language][field], `${field} is sent and was not named`);
    noTroubles(page);
  }
});

claim('by keyboard alone', async () => {
  const site = await Site.open();
  const page = await open(site, site.hall(), DESKTOP);
  await heading(page, TITLE);
  const tabTo = async (text) => {
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement.innerText.trim()) === text) return;
    }
    assert.fail(`60 times Tab do not reach "${text}"`);
  };
  await tabTo('Bắt đầu');
  await page.keyboard.press('Enter');
  await part(page, 1);
  await tabTo('Rất hài lòng');
  await page.keyboard.press('Space');
  const answers = await answersShown(page);
  assert.equal(answers.length, 1);
  assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid');
  for (const word of ['Tiếp tục', 'Tiếp tục', 'Không nhập mã', 'Gửi']) {
    await tabTo(word);
    await page.keyboard.press('Enter');
  }
  await thanked(page);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('the browser\'s back button goes to the part before, loses nothing, and sends nothing again', async () => {
  const site = await Site.open({ form: 'full' });
  const page = await open(site, site.invitation());
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.locator('.choice').first().click();
  await press(page, 'Tiếp tục');
  await part(page, 2);
  await page.locator('.choice').first().click();
  await press(page, 'Tiếp tục');
  await part(page, 3);
  await page.goBack();
  await part(page, 2);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  await page.goBack();
  await part(page, 1);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  await page.goForward();
  await part(page, 2);
  await press(page, 'Quay lại');
  await part(page, 1);
  await page.goBack();
  await heading(page, TITLE);
  await press(page, 'Bắt đầu');
  const answers = [];
  for (let number = 1; number <= PARTS; ++number) {
    await part(page, number);
    answers.push(...await answersShown(page));
    await press(page, 'Tiếp tục');
  }
  await page.getByText('Ông/Bà đã trả lời 2 trên 85 câu.').waitFor();
  await send(page);
  const receipt = await page.locator('.receipt').innerText();
  for (let i = 0; i < 3; ++i) {
    await page.goBack();
    await thanked(page);
    assert.equal(await page.locator('.receipt').innerText(), receipt);
  }
  await page.reload();
  await thanked(page);
  assert.equal(await page.locator('.receipt').innerText(), receipt);
  assert.equal(site.submitted().length, 1);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('a double tap on "continue" goes on once, and answers nothing', async () => {
  const site = await Site.open({ form: 'full' });
  const page = await open(site, site.hall());
  await page.getByRole('button', { name: 'Bắt đầu' }).dblclick();
  await part(page, 1);
  for (const number of [2, 3, 4]) {
    await page.getByRole('button', { name: 'Tiếp tục' }).dblclick();
    await part(page, number);
  }
  await page.waitForTimeout(100);
  await part(page, 4);
  await page.getByText('Đã trả lời 0/85 câu').waitFor();
  noTroubles(page);
});

claim('a reload in the middle goes on where it was, in the language chosen', async () => {
  const site = await Site.open({ form: 'full' });
  const link = site.invitation();
  const page = await open(site, link);
  await press(page, 'English');
  await press(page, 'Begin');
  await part(page, 1);
  await page.locator('.choice').nth(1).click();
  await press(page, 'Continue');
  await part(page, 2);
  await page.reload();
  await page.getByRole('heading', { level: 1, name: `Part 2 of ${PARTS}` }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await press(page, 'Back');
  await part(page, 1);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  const { tab, phone } = await storages(page);
  assert.equal(phone, '{}', 'nothing in localStorage unless asked');
  assert.ok(tab.includes(new URL(link).hash.slice(3)));
  noTroubles(page);
});

claim('two tabs with one invitation: the second hears that it was answered', async () => {
  const site = await Site.open();
  const link = site.invitation();
  const context = await newContext();
  const one = await openTab(context, site, link);
  const other = await openTab(context, site, link);
  const answers = await answerAll(one);
  await answerAll(other);
  await send(one);
  await press(other, 'Gửi');
  await heading(other, 'Phiếu này đã được trả lời');
  await checkScreen(other, 'answered-second');
  site.storedOnce(answers);
  await other.reload();
  await heading(other, 'Phiếu này đã được trả lời');
  noTroubles(one);
  noTroubles(other);
});

claim('a copied tab that sends other answers hears that it was answered', async () => {
  const site = await Site.open();
  const context = await newContext();
  const one = await openTab(context, site, site.hall());
  const answers = await answerAll(one);
  const copy = await one.evaluate(() => ({ ...sessionStorage }));
  const other = await openTab(context, site, '');
  await heading(other, 'Xin mở lại đường dẫn');
  await other.evaluate((all) => Object.assign(sessionStorage, all), copy);
  await other.reload();
  await heading(other, WORDS.vi['review.title']);
  for (let i = 0; i < 3; ++i) await press(other, 'Quay lại');
  await part(other, 1);
  await other.locator('.face-button').first().click();
  await goOn(other);
  await send(one);
  await press(other, 'Gửi');
  await heading(other, 'Phiếu này đã được trả lời');
  assert.doesNotMatch(await other.locator('main').innerText(), /một lần/, 'the link of a hall works for all');
  assert.equal(site.stored().length, 1);
  assert.deepEqual(site.stored()[0].answers, answers);
});

claim('what the server says of an answer is said to the person, though its first reply is lost', async () => {
  server.openRound('first', { duplicate_policy: 'DUPLICATE_POLICY_FIRST', grace: '{}' });
  const site = await Site.open({ round: 'first' });
  const context = await newContext();
  const outcomeOf = async (words, name, weather) => {
    const page = await openTab(context, site, site.slips(site.dossier(1))[0]);
    await answerAll(page);
    site.weather.coming.push(weather);
    await send(page);
    await page.getByText(words).waitFor();
    await picture(page, `thanks-${name}`);
    return site.stored().at(-1).first_outcome;
  };
  assert.equal(await outcomeOf(/^Câu trả lời đã được lưu\.$/, 'first', 'cut'), 'OUTCOME_RECORDED');
  for (const weather of ['good', 'cut']) {
    assert.equal(await outcomeOf(/một phiếu khác của hồ sơ này/, 'another', weather), 'OUTCOME_RECORDED_NOT_COUNTED');
  }
  // Sent in time, and arrived when even the grace was over.
  const page = await openTab(context, site, site.slips(site.dossier(1))[0]);
  await answerAll(page);
  await context.setOffline(true);
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  server.hailong('round', 'close', 'first');
  site.weather.coming.push('cut');
  await context.setOffline(false);
  await page.getByText(/sau khi đợt khảo sát kết thúc/).waitFor();
  await picture(page, 'thanks-late');
  assert.equal(site.stored().at(-1).first_outcome, 'OUTCOME_RECORDED_LATE');
});

claim('a phone whose clock is an hour slow: the server knows when it was, and says that the clock is off', async () => {
  const site = await Site.open();
  const context = await newContext();
  await context.clock.install({ time: Date.now() - HOUR_MS });
  const page = await openTab(context, site, site.invitation());
  const answers = await answerAll(page);
  await send(page);
  const row = site.storedOnce(answers);
  assert.deepEqual(row.flags, ['FLAG_CLOCK_SKEW']);
  const [{ submittedAt, clockOffsetMs }] = site.submitted();
  assert.ok(Math.abs(clockOffsetMs - HOUR_MS) < 5000, `clock offset ${clockOffsetMs}`);
  assert.ok(Math.abs(Date.parse(submittedAt) + clockOffsetMs - Date.parse(row.received_at)) < 5000);
});

claim('a hall full of phones on one link is no burst', async () => {
  const site = await Site.open();
  const link = site.hall();
  const context = await newContext();
  const first = await openTab(context, site, link);
  await answerAll(first);
  await send(first);
  // The others as the page sends them, all at once.
  const [response] = site.submitted();
  const others = Array.from({ length: 40 }, (_, i) => ({
    ...response, responseId: `${response.responseId.slice(0, -2)}${(i + 16).toString(16)}`,
  })).filter((one) => one.responseId !== response.responseId);
  const entry = { linkCode: new URL(link).hash.slice(3) };
  const replies = await Promise.all(others.map((one) => site.call('SubmitSurvey', { entry, response: one })));
  assert.deepEqual([...new Set(replies.map((one) => one.status))], [200]);
  const rows = site.stored();
  assert.equal(rows.length, others.length + 1);
  assert.deepEqual(rows.filter((one) => one.flags !== undefined), []);
});
