// Links that let nobody in, what is remembered and where, and answers kept for later.
import assert from 'node:assert/strict';
import {
  answerScreen, checkLargeText, checkScreen, claim, CODE, everyEntry, HALL, heading, INVITED, newContext, noTroubles,
  open, openTab, part, picture, press, startServer, storages, SURVEY, until, WORDS,
} from './kit.mjs';

const FACES = { ...SURVEY, formId: 'faces' };
const DAY_MS = 86_400_000;

claim('links that let nobody in are each told kindly, and nothing is asked', async () => {
  const server = await startServer();
  const context = await newContext();
  for (const [name, fragment, title] of [
    ['unknown', '#i=SECRETwrong', 'Đường dẫn không đúng'],
    ['answered', '#i=SECRETused', 'Phiếu này đã được trả lời'],
    ['not-yet', '#l=SECRETsoon', 'Đợt khảo sát chưa bắt đầu'],
    ['over', '#l=SECREToff', 'Đợt khảo sát đã kết thúc'],
    ['full', '#l=SECRETfull', 'Đã đủ số phiếu'],
    ['no-link', '', 'Xin mở lại đường dẫn'],
    ['malformed', '#x=1', 'Đường dẫn không đúng'],
    ['both', '#i=SECRETtoken&l=SECREThall', 'Đường dẫn không đúng'],
    ['half-slip', `#l=SECREThall&d=${CODE}`, 'Đường dẫn không đúng'],
  ]) {
    const page = await openTab(context, server, fragment);
    await heading(page, title);
    await checkScreen(page, `notice-${name}`);
    if (name === 'not-yet') {
      await page.getByText(/Bắt đầu: .*20\d\d/).waitFor();
      await checkLargeText(page, 'notice-not-yet');
      await press(page, 'English');
      await heading(page, 'The survey has not begun');
      await checkScreen(page, 'notice-not-yet', 'en');
    }
    assert.equal(await page.getByRole('button', { name: 'Bắt đầu' }).count(), 0);
    assert.equal(new URL(page.url()).hash, '');
    noTroubles(page);
  }
  assert.equal(server.submitted().length, 0);
  assert.equal(server.leaked, undefined);
});

claim('who opens the site without a link is told to open it', async () => {
  const server = await startServer();
  const page = await open(server, '');
  await page.goto(server.url);
  await heading(page, 'Xin mở lại đường dẫn');
  noTroubles(page);
});

claim('a slip opens its survey, with its code percent-encoded or not, and asks no code', async () => {
  const server = await startServer();
  for (const code of [CODE, encodeURIComponent(CODE).replace(/\./g, '%2E')]) {
    const page = await open(server, `#l=SECREThall&d=${code}&c=SECRETcheck`);
    await press(page, 'Bắt đầu');
    await part(page, 1);
    await answerScreen(page);
    await press(page, 'Tiếp tục');
    await press(page, 'Gửi');
    await heading(page, 'Cảm ơn Ông/Bà!');
    noTroubles(page);
  }
  assert.deepEqual(server.submitted().map((one) => one.evidence), [undefined, undefined]);
});

claim('the entry is in no address, history or title, and gone from the tab at the end', async () => {
  const server = await startServer(FACES);
  const page = await open(server);
  const addresses = [];
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await heading(page, WORDS.vi.review);
  const everywhere = () => page.evaluate(() =>
    [location.href, JSON.stringify(history.state), document.title, document.cookie].join(' '));
  assert.doesNotMatch(await everywhere(), /SECRET/);
  assert.match((await storages(page)).tab, /SECRET/);
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.doesNotMatch(await everywhere(), /SECRET/);
  assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
  assert.doesNotMatch(addresses.join(), /SECRET/);
  assert.equal(server.leaked, undefined);
  noTroubles(page);
});

// Answers the first question, and has the rest kept on this phone.
async function keepForLater(page) {
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.locator('.face-button').nth(1).click();
  await press(page, 'Để sau trả lời tiếp');
  await heading(page, 'Để sau trả lời tiếp');
  assert.equal((await storages(page)).phone, '{}', 'kept before anybody agreed');
  await checkScreen(page, 'later');
  await press(page, 'Giữ trên máy này');
  await page.getByText('Đã giữ trên máy này.').waitFor();
  await picture(page, 'later-kept');
}

claim('answers kept for later come back by the same link, are sent once, and leave the phone', async () => {
  const server = await startServer(FACES);
  const context = await newContext();
  const first = await openTab(context, server);
  await keepForLater(first);
  await press(first, 'Quay lại phiếu');
  await part(first, 1);
  await first.locator('.face-button').nth(5 + 2).click();
  await first.close();

  const page = await openTab(context, server);
  await heading(page, 'Có phiếu đang trả lời dở');
  await checkScreen(page, 'resume');
  await press(page, 'Trả lời tiếp');
  await part(page, 1);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 2);
  await press(page, 'Quay lại');
  await heading(page, SURVEY.title.vi);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await press(page, 'Tiếp tục');
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.deepEqual(server.submitted()[0].answers.map((one) => one.choice), [2, 3]);
  assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
  noTroubles(page);
});

claim('kept answers are found without a link, are deleted when asked, and after seven days', async () => {
  const server = await startServer(FACES);
  const context = await newContext();
  const first = await openTab(context, server);
  await keepForLater(first);
  await first.close();
  const second = await openTab(context, server, '');
  await heading(second, 'Có phiếu đang trả lời dở');
  await press(second, 'Xoá và bắt đầu lại');
  await heading(second, SURVEY.title.vi);
  assert.equal((await storages(second)).phone, '{}');
  await keepForLater(second);
  await press(second, 'Xoá khỏi máy này');
  await press(second, 'Giữ trên máy này');
  await press(second, 'Xoá khỏi máy này');
  await until(async () => (await storages(second)).phone === '{}', 'an empty phone');
  await press(second, 'Giữ trên máy này');
  await until(async () => (await storages(second)).phone !== '{}', 'a phone that keeps');
  await second.close();

  const other = await openTab(context, server, HALL);
  await heading(other, SURVEY.title.vi);
  assert.notEqual((await storages(other)).phone, '{}', 'another link leaves it alone');
  await other.close();

  const later = await context.newPage();
  await later.clock.install({ time: Date.now() + 7 * DAY_MS + 60_000 });
  await later.goto(`${server.url}s/`);
  await heading(later, 'Xin mở lại đường dẫn');
  assert.equal((await storages(later)).phone, '{}');
});

claim('kept answers that another tab sends or deletes stay off the phone, unless kept again', async () => {
  for (const ends of ['sent', 'deleted', 'begun anew']) {
    const server = await startServer(FACES);
    const context = await newContext();
    const [first, second] = [await openTab(context, server, HALL), await openTab(context, server, '')];
    await heading(second, 'Xin mở lại đường dẫn');
    await keepForLater(first);
    await press(first, 'Quay lại phiếu');
    await second.reload();
    if (ends === 'begun anew') await press(second, 'Xoá và bắt đầu lại');
    else await press(second, 'Trả lời tiếp');
    if (ends === 'deleted') {
      await press(second, 'Đang được giữ trên máy này');
      await press(second, 'Xoá khỏi máy này');
    }
    if (ends === 'sent') {
      await press(second, 'Tiếp tục');
      await press(second, 'Không nhập mã');
      await press(second, 'Gửi');
      await heading(second, WORDS.vi.thanks);
    }
    await until(async () => (await storages(second)).phone === '{}', 'an empty phone');

    await first.locator('.face-button').nth(5 + 2).click();
    await first.reload();
    await part(first, 1);
    assert.equal((await storages(first)).phone, '{}', `${ends}: back on the phone`);
    assert.equal(await first.locator('[aria-pressed=true]').count(), 2, `${ends}: lost in its own tab`);
    await press(first, 'Để sau trả lời tiếp');
    await press(first, 'Giữ trên máy này');
    await first.getByText('Đã giữ trên máy này.').waitFor();
    assert.match((await storages(first)).phone, /choice/);
    noTroubles(first);
    noTroubles(second);
  }
});

claim('what else lies in the storages is passed over', async () => {
  const server = await startServer(FACES);
  const leftovers = ['{', '7', 'null', '[]', '{}', '[{"entry":null}]', '{"form":1,"entry":{}}', '[null,{"form":0}]'];
  for (const left of leftovers) {
    const context = await newContext();
    await context.addInitScript((text) => {
      if (sessionStorage.length > 0) return;
      sessionStorage.setItem('hailong.survey', text);
      localStorage.setItem('hailong.later', text);
    }, left);
    const page = await openTab(context, server);
    await heading(page, SURVEY.title.vi);
    noTroubles(page);
  }
});

claim('a browser that refuses to store anything takes a survey, and keeps nothing for later', async () => {
  const server = await startServer(FACES);
  const context = await newContext();
  await context.addInitScript(() => {
    for (const name of ['sessionStorage', 'localStorage']) {
      Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
    }
  });
  const page = await openTab(context, server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Để sau trả lời tiếp');
  await press(page, 'Giữ trên máy này');
  await page.getByText('Trình duyệt này không cho lưu.').waitFor();
  await press(page, 'Quay lại phiếu');
  await press(page, 'Tiếp tục');
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  noTroubles(page);
});

claim('a server that opens a survey without questions is said to have failed', async () => {
  const server = await startServer({ ...FACES, formId: 'unheard-of' });
  const page = await open(server);
  await heading(page, 'Rất tiếc, chưa mở được phiếu');
  await checkScreen(page, 'notice-broken');
});

claim('another link in the same tab begins anew; the same link asks whether to go on', async () => {
  const server = await startServer(FACES);
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.locator('.face-button').nth(1).click();
  await page.goto(`${server.url}s/${INVITED}`);
  await heading(page, 'Có phiếu đang trả lời dở');
  await page.reload();
  await part(page, 1);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  await page.goto(`${server.url}s/${INVITED}`);
  await heading(page, 'Có phiếu đang trả lời dở');
  await press(page, 'English');
  await press(page, 'Go on with it');
  await heading(page, 'Questions');
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  await page.goto(`${server.url}s/${HALL}`);
  await heading(page, SURVEY.title.vi);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 0);
  assert.equal(server.leaked, undefined);
  noTroubles(page);
});

claim('a quota that fills while somebody answers is told, and the answers go', async () => {
  const entries = everyEntry();
  const server = await startServer(FACES, entries);
  const page = await open(server, HALL);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await press(page, 'Không nhập mã');
  entries['l SECREThall'].state = 'FULL';
  await press(page, 'Gửi');
  await heading(page, 'Đã đủ số phiếu');
  assert.doesNotMatch((await storages(page)).tab, /choice/);
  assert.equal(server.stored.size, 0);
  noTroubles(page);
});

claim('a round that is put off while somebody answers is told, and the answers wait for it', async () => {
  const entries = everyEntry();
  const server = await startServer(FACES, entries);
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await heading(page, WORDS.vi.review);
  entries['i SECRETtoken'].state = 'NOT_YET';
  await press(page, 'Gửi');
  await heading(page, 'Đợt khảo sát chưa bắt đầu');
  await page.getByText('Câu trả lời vẫn còn trong trang này').waitFor();
  assert.equal(await page.getByText('Bắt đầu:').count(), 0, 'the time that it has not begun at');
  await checkScreen(page, 'notice-put-off');
  await press(page, 'Mở lại phiếu');
  await page.getByText('Bắt đầu:').waitFor();
  await page.getByText('Câu trả lời vẫn còn trong trang này').waitFor();
  entries['i SECRETtoken'].state = 'OPEN';
  await press(page, 'Mở lại phiếu');
  await heading(page, WORDS.vi.review);
  await press(page, 'Gửi');
  await heading(page, WORDS.vi.thanks);
  assert.deepEqual(server.submitted()[1].answers, server.submitted()[0].answers);
  assert.equal(server.stored.size, 1);
  noTroubles(page);
});

claim('a trial says that it is one; a language that has no words of its own falls back to Vietnamese', async () => {
  const server = await startServer({ ...FACES, synthetic: true, languages: ['km', 'vi'] });
  const page = await open(server);
  await page.getByText('Đợt khảo sát thử').waitFor();
  await heading(page, SURVEY.title.vi);
  await checkScreen(page, 'synthetic');
  noTroubles(page);
});

claim('without JavaScript, and in a browser that is too old, the page says what to do', async () => {
  const server = await startServer();
  const page = await open(server, INVITED, undefined, { javaScriptEnabled: false });
  const words = page.locator('noscript p');
  assert.match(await words.nth(0).textContent(), /^Trang này cần JavaScript/);
  assert.match(await words.nth(1).textContent(), /^This page needs JavaScript/);
  assert.ok((await words.nth(1).boundingBox()).height > 10, 'nobody sees it');
  await picture(page, 'no-script');

  const context = await newContext();
  await context.addInitScript(() => { delete window.fetch; });
  const old = await openTab(context, server);
  await old.getByText('This browser is too old.').waitFor();
  await picture(old, 'too-old');
});

claim('a browser that knows no modules reads the script for old ones, and says what to do', async () => {
  const server = await startServer();
  const context = await newContext();
  await context.route('**/s/', async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    const old = html.replace(/<script type="module".*/, '').replace('nomodule ', '');
    assert.equal(old.match(/<script/g).length, html.match(/<script/g).length - 1);
    await route.fulfill({ response, body: old });
  });
  const page = await openTab(context, server);
  await page.getByText('This browser is too old.').waitFor();
  assert.ok(!await page.getByText('Đang mở phiếu…').isVisible());
  noTroubles(page);
});
