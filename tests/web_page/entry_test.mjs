// Links that let nobody in, or no longer; what is remembered and where; answers kept for later.
import assert from 'node:assert/strict';
import {
  answerAll, answersShown, checkLargeText, checkScreen, claim, heading, newContext, noTroubles, open, openTab, part,
  picture, press, send, storages, thanked, TITLE, until, WORDS,
} from './kit.mjs';
import { server, Site } from './site.mjs';

const DAY_MS = 86_400_000;
const NOBODY = '0123456789ABCDEFGHJKMNPQRS'; // a token of the right form that was never given
const hashOf = (link) => new URL(link).hash;

// A notice, and nothing to begin with.
async function turnedAway(page, title, name) {
  await heading(page, title);
  await checkScreen(page, `notice-${name}`);
  assert.equal(await page.getByRole('button', { name: 'Bắt đầu' }).count(), 0);
  assert.equal(new URL(page.url()).hash, '');
  noTroubles(page);
}

claim('links that lead nowhere are each told kindly, and nothing is asked', async () => {
  const site = await Site.open();
  const context = await newContext();
  const [invitation, hall, slip] = [site.invitation(), site.hall(), site.slips(site.dossier(1))[0]].map(hashOf);
  const otherDossier = slip.replace(site.dossier(1), site.dossier(2));
  for (const [name, fragment, title] of [
    ['unknown', `#i=${NOBODY}`, 'Đường dẫn không đúng'],
    ['too-short', invitation.slice(0, -1), 'Đường dẫn không đúng'],
    ['other-dossier', otherDossier, 'Đường dẫn không đúng'],
    ['no-link', '', 'Xin mở lại đường dẫn'],
    ['malformed', '#x=1', 'Đường dẫn không đúng'],
    ['both', `${invitation}&l=${hall.slice(3)}`, 'Đường dẫn không đúng'],
    ['half-slip', `${hall}&d=${site.dossier(1)}`, 'Đường dẫn không đúng'],
  ]) {
    await turnedAway(await openTab(context, site, fragment), title, name);
  }
  const page = await openTab(context, site, site.url);
  await heading(page, 'Xin mở lại đường dẫn');
  assert.deepEqual(site.submitted(), []);
  assert.deepEqual(site.leaked(`${site.url}${slip}`), []);
});

claim('used, revoked and closed links, and rounds that have not begun or are over, say so', async () => {
  const context = await newContext();
  const site = await Site.open();
  const [used, revoked, kept] = site.invite({}, {}, {});
  const page = await openTab(context, site, used.link);
  const answers = await answerAll(page);
  await send(page);
  await turnedAway(await openTab(context, site, used.link), 'Phiếu này đã được trả lời', 'answered');
  server.hailong('invite', 'revoke', site.id, revoked.id);
  await turnedAway(await openTab(context, site, revoked.link), 'Đợt khảo sát đã kết thúc', 'over');
  const [hall, [slip]] = [site.hall(), site.slips(site.dossier(1))];
  site.configure('--no-open', '--no-slips');
  for (const link of [hall, slip]) await heading(await openTab(context, site, link), 'Đợt khảo sát đã kết thúc');
  server.hailong('collector', 'revoke', site.id);
  await heading(await openTab(context, site, kept.link), 'Đợt khảo sát đã kết thúc');
  site.storedOnce(answers);

  const begins = Math.floor(Date.now() / 1000) + 86_400;
  server.openRound('soon', { opens_at: `{ seconds: ${begins} }` });
  const soon = await Site.open({ round: 'soon' });
  const early = await openTab(context, soon, soon.hall());
  await turnedAway(early, 'Đợt khảo sát chưa bắt đầu', 'not-yet');
  await early.getByText(new RegExp(`Bắt đầu: .*${new Date(begins * 1000).getFullYear()}`)).waitFor();
  await checkLargeText(early, 'notice-not-yet');
  await press(early, 'English');
  await heading(early, 'The survey has not begun');
  await checkScreen(early, 'notice-not-yet', 'en');

  server.openRound('ended');
  const ended = await Site.open({ round: 'ended' });
  const links = [ended.invitation(), ended.slips(ended.dossier(1))[0], ended.hall()];
  server.hailong('round', 'close', 'ended');
  for (const link of links) await heading(await openTab(context, ended, link), 'Đợt khảo sát đã kết thúc');
  assert.deepEqual([soon.stored(), ended.stored()], [[], []]);
});

// What the server says when somebody who has begun sends; the answers go, and nothing is stored.
async function toldWhenSending(site, link, meanwhile, title) {
  const page = await open(site, link);
  await answerAll(page);
  await meanwhile();
  const before = site.stored().length;
  await press(page, 'Gửi');
  await heading(page, title);
  assert.doesNotMatch((await storages(page)).tab, /choice/);
  assert.equal(site.stored().length, before);
  await page.reload();
  await heading(page, title);
  noTroubles(page);
}

claim('a full quota is told before anybody begins, also when it fills while somebody answers', async () => {
  const site = await Site.open({ options: ['--quota', '::1'] });
  const hall = site.hall();
  await toldWhenSending(site, hall, async () => {
    const other = await open(site, hall);
    await answerAll(other);
    await send(other);
  }, 'Đã đủ số phiếu');
  await turnedAway(await open(site, site.invitation()), 'Đã đủ số phiếu', 'full');
  assert.equal(site.stored().length, 1);
  // Larger again, it lets in one more: who was turned away took no place.
  site.configure('--quota', '::2');
  const page = await open(site, site.invitation());
  await answerAll(page);
  await send(page);
  assert.equal(site.stored().length, 2);
});

claim('quotas are of a group: one may be full while another is not', async () => {
  const options = ['--group-question', 'group'];
  const site = await Site.open({ round: 'officials', form: '', options: [...options, '--quota', ':2:1'] });
  const [first, second, other] = site.invite({ group: 2 }, { group: 2 }, { group: 3 });
  for (const { link } of [first, other]) {
    const page = await open(site, link);
    await answerAll(page);
    await send(page);
  }
  const page = await open(site, second.link);
  await heading(page, 'Đã đủ số phiếu');
  assert.equal(site.stored().length, 2);
});

claim('a round closed, or an invitation revoked, while somebody answers is told', async () => {
  server.openRound('closing');
  const closing = await Site.open({ round: 'closing' });
  await toldWhenSending(closing, closing.hall(), async () => server.hailong('round', 'close', 'closing'),
    'Đợt khảo sát đã kết thúc');
  const site = await Site.open();
  const [{ id, link }] = site.invite({});
  await toldWhenSending(site, link, async () => server.hailong('invite', 'revoke', site.id, id), 'Đợt khảo sát đã kết thúc');
});

claim('a round that is put off while somebody answers is told, and the answers wait for it', async () => {
  const site = await Site.open();
  server.openRound('put-off', { opens_at: `{ seconds: ${Math.floor(Date.now() / 1000) + 86_400} }` });
  const inRound = (round) => site.configure('--round', round, '--form', 'counter', '--open', '--slips');
  const page = await open(site, site.hall());
  const answers = await answerAll(page);
  inRound('put-off');
  await press(page, 'Gửi');
  await heading(page, 'Đợt khảo sát chưa bắt đầu');
  await page.getByText('Câu trả lời vẫn còn trong trang này').waitFor();
  assert.equal(await page.getByText('Bắt đầu:').count(), 0, 'the time that it has not begun at');
  await checkScreen(page, 'notice-put-off');
  await press(page, 'Mở lại phiếu');
  await page.getByText('Bắt đầu:').waitFor();
  await page.getByText('Câu trả lời vẫn còn trong trang này').waitFor();
  assert.deepEqual(site.stored(), []);
  inRound('citizens');
  await press(page, 'Mở lại phiếu');
  await heading(page, WORDS.vi['review.title']);
  await send(page);
  const [row, ...others] = site.stored();
  assert.deepEqual(others, []);
  assert.deepEqual(row.answers, answers);
  noTroubles(page);
});

claim('a slip opens its survey, with its code percent-encoded or not, and asks no code', async () => {
  const site = await Site.open();
  const codes = [site.dossier(1), site.dossier(2)];
  const links = site.slips(...codes);
  const encoded = links[1].replace(codes[1], encodeURIComponent(codes[1]).replace(/\./g, '%2E'));
  for (const link of [links[0], encoded]) {
    const page = await open(site, link);
    await answerAll(page);
    await send(page);
    noTroubles(page);
  }
  assert.deepEqual(site.submitted().map((one) => one.evidence), [undefined, undefined]);
  assert.deepEqual(site.stored().map((one) => one.identified), [true, true]);
});

claim('the entry is in no address, history or title, and gone from the tab at the end', async () => {
  const site = await Site.open();
  const link = site.invitation();
  const secret = hashOf(link).slice(3);
  const page = await open(site, link);
  const addresses = [];
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  await answerAll(page);
  const everywhere = () => page.evaluate(() =>
    [location.href, JSON.stringify(history.state), document.title, document.cookie].join(' '));
  assert.ok(!(await everywhere()).includes(secret));
  assert.ok((await storages(page)).tab.includes(secret));
  await send(page);
  assert.ok(!(await everywhere()).includes(secret));
  assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
  assert.ok(!addresses.join().includes(secret));
  assert.deepEqual(site.leaked(link), []);
  assert.ok(!server.server.log.includes(secret), 'a log of the server names an invitation');
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
  // Where its foot was stands the button that takes it away again: not for the second half of a double tap.
  const keep = page.getByRole('button', { name: 'Giữ trên máy này' });
  await keep.dblclick({ position: { x: 40, y: (await keep.boundingBox()).height - 4 } });
  await page.getByText('Đã giữ trên máy này.').waitFor();
  await picture(page, 'later-kept');
}

claim('answers kept for later come back by the same link, are sent once, and leave the phone', async () => {
  const site = await Site.open();
  const link = site.invitation();
  const context = await newContext();
  const first = await openTab(context, site, link);
  await keepForLater(first);
  await press(first, 'Quay lại phiếu');
  await part(first, 1);
  await first.locator('.face-button').nth(5 + 2).click();
  await first.close();

  const page = await openTab(context, site, link);
  await heading(page, 'Có phiếu đang trả lời dở');
  await checkScreen(page, 'resume');
  await press(page, 'Trả lời tiếp');
  await part(page, 1);
  const answers = await answersShown(page);
  assert.deepEqual(answers.map((one) => one.choice), [2, 3]);
  await press(page, 'Quay lại');
  await heading(page, TITLE);
  await press(page, 'Bắt đầu');
  for (let number = 1; number <= 2; ++number) {
    await part(page, number);
    await press(page, 'Tiếp tục');
  }
  await send(page);
  site.storedOnce(answers);
  assert.deepEqual(await storages(page), { tab: '{}', phone: '{}' });
  noTroubles(page);
});

claim('kept answers are found without a link, are deleted when asked, and after seven days', async () => {
  const site = await Site.open();
  const link = site.invitation();
  const context = await newContext();
  const first = await openTab(context, site, link);
  await keepForLater(first);
  await first.close();
  const second = await openTab(context, site, '');
  await heading(second, 'Có phiếu đang trả lời dở');
  await press(second, 'Xoá và bắt đầu lại');
  await heading(second, TITLE);
  assert.equal((await storages(second)).phone, '{}');
  await keepForLater(second);
  await press(second, 'Xoá khỏi máy này');
  await press(second, 'Giữ trên máy này');
  await press(second, 'Xoá khỏi máy này');
  await until(async () => (await storages(second)).phone === '{}', 'an empty phone');
  await press(second, 'Giữ trên máy này');
  await until(async () => (await storages(second)).phone !== '{}', 'a phone that keeps');
  await second.close();

  const other = await openTab(context, site, site.hall());
  await heading(other, TITLE);
  assert.notEqual((await storages(other)).phone, '{}', 'another link leaves it alone');
  await other.close();

  const later = await context.newPage();
  await later.clock.install({ time: Date.now() + 7 * DAY_MS + 60_000 });
  await later.goto(`${site.url}s/`);
  await heading(later, 'Xin mở lại đường dẫn');
  assert.equal((await storages(later)).phone, '{}');
  assert.deepEqual(site.stored(), []);
});

claim('kept answers that another tab sends or deletes stay off the phone, unless kept again', async () => {
  const site = await Site.open();
  const hall = site.hall();
  for (const ends of ['sent', 'deleted', 'begun anew']) {
    const context = await newContext();
    const [first, second] = [await openTab(context, site, hall), await openTab(context, site, '')];
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
      for (const word of ['Tiếp tục', 'Tiếp tục', 'Không nhập mã']) await press(second, word);
      await send(second);
    }
    await until(async () => (await storages(second)).phone === '{}', 'an empty phone');

    await first.locator('.face-button').nth(5 + 2).click();
    await first.reload();
    await part(first, 1);
    assert.equal((await storages(first)).phone, '{}', `${ends}: back on the phone`);
    assert.equal((await answersShown(first)).length, 2, `${ends}: lost in its own tab`);
    await press(first, 'Để sau trả lời tiếp');
    await press(first, 'Giữ trên máy này');
    await first.getByText('Đã giữ trên máy này.').waitFor();
    assert.match((await storages(first)).phone, /choice/);
    noTroubles(first);
    noTroubles(second);
  }
});

claim('what else lies in the storages is passed over', async () => {
  const site = await Site.open();
  const link = site.hall();
  const leftovers = ['{', '7', 'null', '[]', '{}', '[{"entry":null}]', '{"form":1,"entry":{}}', '[null,{"form":0}]'];
  const page = await open(site, link);
  for (const left of leftovers) {
    await heading(page, TITLE);
    await page.evaluate((text) => {
      sessionStorage.setItem('hailong.survey', text);
      localStorage.setItem('hailong.later', text);
    }, left);
    await page.goto('about:blank');
    await page.goto(link);
  }
  await heading(page, TITLE);
  assert.equal(await page.getByRole('button', { name: 'Bắt đầu' }).count(), 1);
  noTroubles(page);
});

claim('a browser that refuses to store anything takes a survey, and keeps nothing for later', async () => {
  const site = await Site.open();
  const context = await newContext();
  await context.addInitScript(() => {
    for (const name of ['sessionStorage', 'localStorage']) {
      Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
    }
  });
  const page = await openTab(context, site, site.invitation());
  const answers = await answerAll(page, {
    onScreen: async (number, answered) => {
      if (number > 1 || !answered) return;
      await press(page, 'Để sau trả lời tiếp');
      await press(page, 'Giữ trên máy này');
      await page.getByText('Trình duyệt này không cho lưu.').waitFor();
      await press(page, 'Quay lại phiếu');
      await part(page, 1);
    },
  });
  await send(page);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('a server that opens a survey without questions is said to have failed', async () => {
  const site = await Site.open();
  site.weather.coming.push('empty');
  const page = await open(site, site.hall());
  await heading(page, 'Rất tiếc, chưa mở được phiếu');
  await checkScreen(page, 'notice-broken');
});

// A tab is one survey: who opens another link in it wants that one. Answers of two offices are never mixed, and none
// stay behind in a tab that somebody else may go on with.
claim('another link in the same tab begins anew; the same link asks whether to go on', async () => {
  const site = await Site.open();
  const [link, hall] = [site.invitation(), site.hall()];
  const elsewhere = await Site.open();
  const page = await open(site, link);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.locator('.face-button').nth(1).click();
  await page.goto(link);
  await heading(page, 'Có phiếu đang trả lời dở');
  await page.reload();
  await part(page, 1);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  await page.goto(link);
  await heading(page, 'Có phiếu đang trả lời dở');
  await press(page, 'English');
  await press(page, 'Go on with it');
  await heading(page, 'Part 1 of 2');
  assert.equal(await page.locator('[aria-pressed=true]').count(), 1);
  // The hall's link, then that of another hall, each while the one before stands there half answered.
  const halls = [[hall, site.unitName], [`${site.url}s/${hashOf(elsewhere.hall())}`, elsewhere.unitName]];
  for (const [next, unit] of halls) {
    await page.goto(next);
    await heading(page, TITLE);
    assert.equal(await page.locator('.unit').innerText(), unit);
    await press(page, 'Bắt đầu');
    await part(page, 1);
    assert.equal(await page.locator('[aria-pressed=true]').count(), 0);
    await page.locator('.face-button').nth(3).click();
  }
  const answers = await answersShown(page);
  await page.goBack();
  await heading(page, TITLE);
  assert.equal(await page.locator('.unit').innerText(), elsewhere.unitName);
  await press(page, 'Bắt đầu');
  for (const word of ['Tiếp tục', 'Tiếp tục', 'Không nhập mã']) await press(page, word);
  await send(page);
  assert.deepEqual(site.stored(), []);
  const [row, ...others] = elsewhere.stored();
  assert.deepEqual(others, []);
  assert.deepEqual(row.answers, answers);
  noTroubles(page);
});

claim('an answer that waits to be sent goes first, whatever link is opened in its tab', async () => {
  const site = await Site.open();
  const [first, second] = site.invite({}, {});
  const page = await open(site, first.link);
  const answers = await answerAll(page);
  site.weather.climate = 'drop';
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  site.weather.climate = 'good';
  await page.goto(second.link);
  await thanked(page);
  site.storedOnce(answers);
  await page.goto(second.link);
  await answerAll(page);
  await send(page);
  assert.equal(site.stored().length, 2);
  noTroubles(page);
});

claim('a trial says that it is one; a language that has no words of its own falls back to Vietnamese', async () => {
  server.openRound('trial', { synthetic: true });
  const site = await Site.open({ round: 'trial', options: ['--languages', 'km,vi'] });
  const page = await open(site, site.hall());
  await page.getByText('Đợt khảo sát thử').waitFor();
  await heading(page, TITLE);
  await checkScreen(page, 'synthetic');
  noTroubles(page);
});

claim('without JavaScript, and in a browser that is too old, the page says what to do', async () => {
  const site = await Site.open();
  const link = site.hall();
  const page = await open(site, link, undefined, { javaScriptEnabled: false });
  const words = page.locator('noscript p');
  assert.match(await words.nth(0).textContent(), /^Trang này cần JavaScript/);
  assert.match(await words.nth(1).textContent(), /^This page needs JavaScript/);
  assert.ok((await words.nth(1).boundingBox()).height > 10, 'nobody sees it');
  await picture(page, 'no-script');

  const context = await newContext();
  await context.addInitScript(() => { delete window.TextEncoder; });
  const old = await openTab(context, site, link);
  await old.getByText('This browser is too old.').waitFor();
  await picture(old, 'too-old');
});

claim('a browser that knows no modules reads the script for old ones, and says what to do', async () => {
  const site = await Site.open();
  const context = await newContext();
  await context.route('**/s/', async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    const old = html.replace(/<script type="module".*/, '').replace('nomodule ', '');
    assert.equal(old.match(/<script/g).length, html.match(/<script/g).length - 1);
    await route.fulfill({ response, body: old });
  });
  const page = await openTab(context, site, site.hall());
  await page.getByText('This browser is too old.').waitFor();
  assert.ok(!await page.getByText('Đang mở phiếu…').isVisible());
  noTroubles(page);
});
