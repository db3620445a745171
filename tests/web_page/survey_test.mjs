// One person from the link to the thanks, in every way there is.
import assert from 'node:assert/strict';
import {
  answerScreen, checkLargeText, checkNight, checkScreen, claim, CODE, HALL, heading, INVITED, noTroubles, OFFICIALS,
  open, openTab, part, newContext, picture, press, SIPAS, SIZES, startServer, storages, SURVEY, until, WORDS, everyEntry,
} from './kit.mjs';

const PARTS = 13; // screens of the full form
const FULL = SIPAS.forms.find((one) => one.formId === 'full').questionIds;

for (const size of SIZES) {
  for (const language of ['vi', 'en']) {
    claim(`the full SIPAS form, ${language}, ${size.width}x${size.height}`, async () => {
      const server = await startServer();
      server.clockOffsetMs = 3_600_000;
      const page = await open(server, INVITED, size);
      const smallest = size === SIZES[0];
      const look = async (name) => {
        await checkScreen(page, name, language);
        if (smallest && language === 'vi') await checkNight(page, name);
        if (smallest) await checkLargeText(page, `${name}-${language}`);
      };
      const words = WORDS[language];
      await heading(page, SURVEY.title.vi);
      if (language === 'en') {
        await press(page, WORDS.vi.other);
        await heading(page, SURVEY.title.en);
      }
      assert.match(await page.locator('main').innerText(), /85.*11/);
      await look('welcome');
      await press(page, words.begin);
      let last = 0;
      for (let number = 1; await page.getByRole('heading', { level: 1, name: words.review }).count() === 0; ++number) {
        await part(page, number);
        last = number;
        if (number === 6 || (smallest && number <= 2)) await look(`part-${number}`);
        await answerScreen(page, { touches: smallest && language === 'vi' });
        if (number === 6) await picture(page, `part-answered-${language}`);
        await press(page, words.next);
      }
      assert.equal(last, PARTS);
      await heading(page, words.review);
      await look('review');
      await press(page, words.send);
      await heading(page, words.thanks);
      await look('thanks');
      noTroubles(page);
      assert.equal(server.leaked, undefined, 'an entry was in the address of a request');

      const [response] = server.submitted();
      assert.deepEqual(server.complaints, undefined);
      assert.equal(server.stored.size, 1);
      // The last question is a free text, which nobody wrote.
      assert.deepEqual(response.answers.map((one) => one.questionId), FULL.filter((one) => one !== 'other'));
      assert.ok(Math.abs(response.clockOffsetMs - 3_600_000) < 2000, `clock offset ${response.clockOffsetMs}`);
      assert.ok(response.durationMs > 500 && response.durationMs < 120_000, `duration ${response.durationMs}`);
      const receipt = await page.locator('.receipt strong').innerText();
      assert.equal(receipt.replace('-', ''), response.responseId.slice(-9).replace('-', '').slice(-8).toUpperCase());
      const { tab, phone } = await storages(page);
      assert.deepEqual([tab, phone], ['{}', '{}']);
    });
  }
}

claim('every kind of question, with texts, none, not applicable, and taking an answer back', async () => {
  const kinds = {
    version: 1,
    questions: [
      { questionId: 'one', kind: 'QUESTION_KIND_SINGLE_CHOICE', text: { vi: 'Lần thứ mấy?' }, required: true, section: 'A',
        options: [{ text: { vi: 'Lần đầu', en: 'First' } }, { text: { vi: 'Lần khác' }, allowsText: true }] },
      { questionId: 'rate', kind: 'QUESTION_KIND_RATING', text: { vi: 'Hài lòng không?' }, allowsNotApplicable: true, section: 'A',
        options: SIPAS.questions.find((one) => one.questionId === 'q9.1').options },
      { questionId: 'several', kind: 'QUESTION_KIND_MULTIPLE_CHOICE', text: { vi: 'Qua đâu?' }, section: 'A',
        options: [{ text: { vi: 'Loa' } }, { text: { vi: 'Báo' } }, { text: { vi: 'Khác' }, allowsText: true }] },
      { questionId: 'words', kind: 'QUESTION_KIND_TEXT', text: { vi: 'Góp ý?' }, section: 'A' },
    ],
  };
  const server = await startServer({ ...SURVEY, questionnaire: kinds, formId: undefined });
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  const question = (number) => page.locator('.question').nth(number - 1);
  await question(1).getByRole('button', { name: 'Lần khác' }).click();
  await question(1).getByLabel('Lần khác').last().fill('  lần thứ ba ');
  await question(2).getByRole('button', { name: 'Hài lòng', exact: true }).click();
  await question(2).getByRole('button', { name: 'Không áp dụng' }).click();
  assert.equal(await question(2).locator('.face-button[aria-pressed=true]').count(), 0);
  const boxes = question(3).getByRole('checkbox');
  await boxes.nth(0).click();
  await boxes.nth(2).click();
  await boxes.nth(3).click();
  assert.deepEqual(await boxes.evaluateAll((all) => all.map((one) => one.ariaChecked)), ['false', 'false', 'false', 'true']);
  await boxes.nth(1).click();
  assert.deepEqual(await boxes.evaluateAll((all) => all.map((one) => one.ariaChecked)), ['false', 'true', 'false', 'false']);
  await boxes.nth(1).click();
  await boxes.nth(3).click();
  await question(4).getByRole('textbox').fill('x'.repeat(950));
  await page.getByText('950/1000 ký tự').waitFor();
  await page.getByRole('status').filter({ hasText: 'Còn 50 ký tự' }).waitFor({ state: 'attached' });
  await question(4).getByRole('textbox').fill('nhanh hơn 👍');
  await checkScreen(page, 'kinds').catch((error) => {
    if (!/the focus is on TEXTAREA/.test(error.message)) throw error;
  });
  await picture(page, 'kinds');
  await press(page, 'Tiếp tục');
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.deepEqual(server.submitted()[0].answers, [
    { questionId: 'one', choice: 2, text: 'lần thứ ba' },
    { questionId: 'rate', notApplicable: true },
    { questionId: 'several', choices: { choices: [] } },
    { questionId: 'words', text: 'nhanh hơn 👍' },
  ]);
  noTroubles(page);
});

claim('what is required and missing is said before sending, and found by a touch', async () => {
  const server = await startServer({ ...SURVEY, questionnaire: OFFICIALS, formId: undefined });
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  while (await page.getByRole('heading', { name: WORDS.vi.review }).count() === 0) await press(page, 'Tiếp tục');
  await page.getByText('Ông/Bà chưa trả lời câu nào.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Gửi' }).count(), 0, 'nothing can be sent');
  await checkScreen(page, 'review-missing');
  await press(page, 'Quay lại');
  await page.locator('.choice').first().click();
  await press(page, 'Tiếp tục');
  await press(page, 'Gửi');
  await page.getByRole('alert').filter({ hasText: 'Chưa gửi được: 1 câu' }).waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(() => document.activeElement.className), 'missing tried');
  assert.equal(server.submitted().length, 0);
  await picture(page, 'review-tried');
  await press(page, 'Đối tượng trả lời');
  await part(page, 1);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'q-group');
  await page.locator('.choice').nth(2).click();
  await page.goBack();
  await heading(page, WORDS.vi.review);
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(server.submitted()[0].answers[0].choice, 3);
  assert.equal(server.submitted()[0].partial, undefined);
  noTroubles(page);
});

claim('a round that keeps unfinished answers takes them, marked as such; a known question is not asked', async () => {
  const server = await startServer({ ...SURVEY, questionnaire: OFFICIALS, formId: undefined, keepsPartial: true });
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.locator('.question').nth(1).locator('.choice').first().click();
  while (await page.getByRole('heading', { name: WORDS.vi.review }).count() === 0) await press(page, 'Tiếp tục');
  await press(page, 'Gửi phần đã trả lời');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(server.submitted()[0].partial, true);

  const known = await startServer({ ...SURVEY, questionnaire: OFFICIALS, formId: undefined, knownQuestionId: 'group' });
  const other = await open(known);
  await press(other, 'Bắt đầu');
  await part(other, 1);
  assert.equal(await other.getByText('Đối tượng trả lời').count(), 0);
  await other.locator('.choice').first().click();
  while (await other.getByRole('heading', { name: WORDS.vi.review }).count() === 0) await press(other, 'Tiếp tục');
  await press(other, 'Gửi');
  await heading(other, 'Cảm ơn Ông/Bà!');
  noTroubles(other);
});

claim('the form of the counter ends with a comment that nobody must write', async () => {
  const server = await startServer({ ...SURVEY, formId: 'counter' });
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await page.locator('textarea').fill('Cảm ơn cán bộ một cửa');
  await press(page, 'Tiếp tục');
  await heading(page, WORDS.vi.review);
  await press(page, 'Gửi');
  await heading(page, WORDS.vi.thanks);
  noTroubles(page);
});

// What of a response is the person's or their device's, in the words of the welcome; the rest is chance and numbers of ours.
const SAID = {
  vi: { answers: /câu trả lời/, submittedAt: /lúc gửi/, durationMs: /thời gian trả lời/, clockOffsetMs: /độ lệch đồng hồ/, evidence: /mã hồ sơ/i },
  en: { answers: /your answers/, submittedAt: /time of sending/, durationMs: /how long/, clockOffsetMs: /clock is off/, evidence: /dossier code/i },
};
const OURS = ['responseId', 'questionnaireVersion'];

claim('everything that is sent was named before the person began', async () => {
  const server = await startServer({ ...SURVEY, formId: 'faces', asksDossierCode: true });
  for (const language of ['vi', 'en']) {
    const page = await open(server, HALL);
    const words = WORDS[language];
    await heading(page, SURVEY.title.vi);
    if (language === 'en') await press(page, WORDS.vi.other);
    await heading(page, SURVEY.title[language]);
    let said = await page.locator('main').innerText();
    await press(page, words.begin);
    await part(page, 1);
    await answerScreen(page);
    await press(page, words.next);
    said += await page.locator('main').innerText();
    await page.locator('#code').fill(CODE);
    await press(page, words.next);
    await press(page, words.send);
    await heading(page, words.thanks);
    const sent = Object.keys(server.submitted().pop()).filter((one) => !OURS.includes(one));
    assert.deepEqual(sent.sort(), Object.keys(SAID[language]).sort());
    for (const field of sent) assert.match(said, SAID[language][field], `${field} is sent and was not named`);
    noTroubles(page);
  }
});

claim('the open link of a hall: six faces, and a dossier code judged as it is typed', async () => {
  const server = await startServer();
  const page = await open(server, HALL);
  await heading(page, SURVEY.title.vi);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await checkScreen(page, 'counter-form');
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await heading(page, 'Ông/Bà có mã hồ sơ ghi trên giấy hẹn không?');
  await checkScreen(page, 'dossier');
  const code = page.getByLabel('Mã hồ sơ', { exact: true });
  await code.fill('g12.18 – 260421');
  await page.getByText('Chưa đủ, xin nhập tiếp').waitFor();
  await press(page, 'Tiếp tục');
  await page.getByRole('alert').filter({ hasText: 'Mã chưa đúng' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
  assert.equal(await code.getAttribute('aria-invalid'), 'true');
  await picture(page, 'dossier-wrong');
  await code.fill('g12.18 – 260421 0043 0053');
  await page.getByText('Mã đúng').waitFor();
  await code.press('Enter');
  await page.getByText('Mã hồ sơ tận cùng 0053.').waitFor();
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.deepEqual(server.submitted()[0].evidence, { dossierCode: CODE });
  noTroubles(page);

  const without = await open(server, HALL);
  await press(without, 'Bắt đầu');
  await part(without, 1);
  await answerScreen(without);
  await press(without, 'Tiếp tục');
  await press(without, 'Không nhập mã');
  await press(without, 'Gửi');
  await heading(without, 'Cảm ơn Ông/Bà!');
  assert.equal(server.submitted()[1].evidence, undefined);
});

claim('by keyboard alone', async () => {
  const server = await startServer();
  const page = await open(server, HALL, SIZES[2]);
  await heading(page, SURVEY.title.vi);
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
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid');
  await tabTo('Tiếp tục');
  await page.keyboard.press('Enter');
  await heading(page, 'Ông/Bà có mã hồ sơ ghi trên giấy hẹn không?');
  await tabTo('Không nhập mã');
  await page.keyboard.press('Enter');
  await tabTo('Gửi');
  await page.keyboard.press('Enter');
  await heading(page, 'Cảm ơn Ông/Bà!');
  noTroubles(page);
});

claim('the browser\'s back button goes to the part before, loses nothing, and sends nothing again', async () => {
  const server = await startServer();
  const page = await open(server);
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
  await heading(page, SURVEY.title.vi);
  await press(page, 'Bắt đầu');
  for (let number = 1; number <= PARTS; ++number) {
    await part(page, number);
    await press(page, 'Tiếp tục');
  }
  await page.getByText('Ông/Bà đã trả lời 2 trên 85 câu.').waitFor();
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  const receipt = await page.locator('.receipt').innerText();
  for (let i = 0; i < 3; ++i) {
    await page.goBack();
    await heading(page, 'Cảm ơn Ông/Bà!');
    assert.equal(await page.locator('.receipt').innerText(), receipt);
  }
  await page.reload();
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(await page.locator('.receipt').innerText(), receipt);
  assert.equal(server.submitted().length, 1);
  noTroubles(page);
});

claim('a double tap on "continue" goes on once, and answers nothing', async () => {
  const server = await startServer();
  const page = await open(server);
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
  const server = await startServer();
  const page = await open(server);
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
  assert.match(tab, /SECRETtoken/);
  noTroubles(page);
});

claim('two tabs with one invitation: the second hears that it was answered', async () => {
  const server = await startServer({ ...SURVEY, ...{ formId: 'faces' } });
  const context = await newContext();
  const [one, other] = [await openTab(context, server), await openTab(context, server)];
  for (const page of [one, other]) {
    await press(page, 'Bắt đầu');
    await part(page, 1);
    await answerScreen(page);
    await press(page, 'Tiếp tục');
    await heading(page, WORDS.vi.review);
  }
  await press(one, 'Gửi');
  await heading(one, 'Cảm ơn Ông/Bà!');
  await press(other, 'Gửi');
  await heading(other, 'Phiếu này đã được trả lời');
  await checkScreen(other, 'answered-second');
  assert.equal(server.stored.size, 1);
  await other.reload();
  await heading(other, 'Phiếu này đã được trả lời');
  noTroubles(one);
  noTroubles(other);
});

claim('a copied tab that sends other answers hears that it was answered', async () => {
  const server = await startServer({ ...SURVEY, formId: 'faces' }, { ...everyEntry(), 'l SECREThall': {} });
  const context = await newContext();
  const one = await openTab(context, server, HALL);
  await press(one, 'Bắt đầu');
  await part(one, 1);
  await answerScreen(one);
  const copy = await one.evaluate(() => ({ ...sessionStorage }));
  const other = await openTab(context, server, '');
  await heading(other, 'Xin mở lại đường dẫn');
  await other.evaluate((all) => Object.assign(sessionStorage, all), copy);
  await other.reload();
  await part(other, 1);
  await other.locator('.face-button').first().click();
  for (const page of [one, other]) {
    await press(page, 'Tiếp tục');
    await press(page, 'Gửi');
  }
  await heading(one, 'Cảm ơn Ông/Bà!');
  await heading(other, 'Phiếu này đã được trả lời');
  assert.doesNotMatch(await other.locator('main').innerText(), /một lần/, 'the link of a hall works for all');
  assert.equal(server.stored.size, 1);
});

claim('what the server says of an answer is said to the person, though its first reply is lost', async () => {
  const told = [
    ['OUTCOME_RECORDED_LATE', /sau khi đợt khảo sát kết thúc/],
    ['OUTCOME_RECORDED_NOT_COUNTED', /một phiếu khác của hồ sơ này/],
    ['OUTCOME_RECORDED_COUNTS', /Câu trả lời đã được lưu\./],
  ];
  for (const [outcome, words, weather] of told.flatMap((one) => [[...one, 'good'], [...one, 'cut']])) {
    const server = await startServer(SURVEY, { 'l x': { outcome, survey: { formId: 'faces' } } });
    const page = await open(server, '#l=x');
    await press(page, 'Bắt đầu');
    await part(page, 1);
    await answerScreen(page);
    await press(page, 'Tiếp tục');
    server.weather.push(weather);
    await press(page, 'Gửi');
    await heading(page, 'Cảm ơn Ông/Bà!');
    await until(async () => words.test(await page.locator('main').innerText()), `${words} after "${weather}"`);
    if (weather === 'good') await picture(page, `thanks-${outcome.toLowerCase()}`);
  }
});
