// Networks and servers as they are: every answer is stored exactly once, or is still there to be sent.
import assert from 'node:assert/strict';
import {
  answerAll, checkNight, checkScreen, claim, heading, newContext, noTroubles, open, openTab, picture, press, send, storages,
  thanked, TITLE, until, WORDS,
} from './kit.mjs';
import { server, Site } from './site.mjs';

const FLOOD = 30; // callers at once

// Somebody who has answered all that there is, and may send it: { site, link, page, answers }.
async function atReview(options = {}) {
  const site = await Site.open();
  const link = site.invitation();
  const page = await open(site, link, undefined, options);
  return { site, link, page, answers: await answerAll(page) };
}

claim('send pressed twice, and five times, is one call', async () => {
  const { site, page, answers } = await atReview({ reducedMotion: 'reduce' });
  site.weather.coming.push('slow');
  await page.evaluate(() => {
    const button = [...document.querySelectorAll('button')].find((one) => one.innerText.trim() === 'Gửi');
    for (let i = 0; i < 5; ++i) button.click();
  });
  await heading(page, 'Đang gửi câu trả lời…');
  assert.equal(await page.locator('.spinner').evaluate((one) => getComputedStyle(one).animationName), 'none');
  await thanked(page);
  assert.equal(site.submitted().length, 1);
  site.storedOnce(answers);
  noTroubles(page);
});

for (const [weather, calls] of [['cut', 2], ['half', 2], ['busy', 1], ['html', 1], ['portal', 1], ['drop', 1]]) {
  claim(`a call that ends in "${weather}" is made again by itself, and stored once`, async () => {
    const { site, page, answers } = await atReview();
    site.weather.coming.push(weather);
    await send(page);
    assert.equal(site.submitted().length, calls);
    site.storedOnce(answers);
    noTroubles(page);
  });
}

claim('a reply that stands still in the middle is given up after 30 seconds, and asked for again', async () => {
  const site = await Site.open();
  const context = await newContext();
  await context.clock.install({ time: Date.now() });
  const page = await openTab(context, site, site.invitation());
  const answers = await answerAll(page);
  site.weather.coming.push('stall');
  const begun = page.waitForResponse(/SubmitSurvey$/);
  await press(page, 'Gửi');
  await begun;
  await page.clock.fastForward(20_000);
  await heading(page, 'Đang gửi câu trả lời…');
  await page.clock.fastForward(10_000);
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await press(page, 'Thử lại ngay');
  await thanked(page);
  assert.equal(site.submitted().length, 2);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('a reply lost after storing, then a reload: the same answer is sent again, not asked again', async () => {
  const { site, page, answers } = await atReview();
  site.weather.coming.push('cut', 'drop', 'drop', 'drop');
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await page.goBack();
  await page.reload();
  await thanked(page);
  assert.equal(site.weather.asked.filter((one) => one.call === 'OpenSurvey').length, 1);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('offline in the middle: nothing is lost, it is said, and it is sent when the network is back', async () => {
  const site = await Site.open();
  const page = await open(site, site.invitation());
  const answers = await answerAll(page, {
    onScreen: async (number, answered) => {
      if (number === 1 && !answered) await page.context().setOffline(true);
    },
  });
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await checkScreen(page, 'waiting');
  await checkNight(page, 'waiting');
  await press(page, 'Thử lại ngay');
  await page.waitForTimeout(300);
  await heading(page, 'Chưa có mạng, chưa gửi được');
  assert.deepEqual(site.stored(), []);
  await page.context().setOffline(false);
  await thanked(page);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('an answer that waits can be kept on the phone, and goes out at the next visit', async () => {
  const { site, page, answers } = await atReview();
  const context = page.context();
  await context.setOffline(true);
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await press(page, 'Giữ trên máy này');
  await page.getByText('Đã giữ trên máy này.').waitFor();
  await picture(page, 'waiting-kept');
  await page.close();
  await context.setOffline(false);
  const next = await openTab(context, site, '');
  await thanked(next);
  site.storedOnce(answers);
  assert.deepEqual(await storages(next), { tab: '{}', phone: '{}' });
});

claim('the server is killed with an answer on its way, stored or not: one answer is stored', async () => {
  for (const weather of ['cut', 'drop']) {
    const { site, page, answers } = await atReview();
    site.weather.coming.push(weather);
    site.weather.climate = 'drop';
    await press(page, 'Gửi');
    await heading(page, 'Chưa có mạng, chưa gửi được');
    await server.kill();
    site.weather.climate = 'good';
    await press(page, 'Thử lại ngay');
    await heading(page, 'Chưa có mạng, chưa gửi được');
    await server.startAgain();
    const again = page.getByRole('button', { name: 'Thử lại ngay' });
    await again.click({ timeout: 2000 }).catch(() => {}); // it may have tried by itself
    await thanked(page);
    site.storedOnce(answers);
    noTroubles(page);
  }
});

claim('a server that is busy or away when the link is opened is asked again by itself', async () => {
  const site = await Site.open();
  site.weather.climate = 'busy';
  const page = await open(site, site.hall());
  await heading(page, 'Máy chủ đang bận');
  await picture(page, 'notice-busy');
  site.weather.climate = 'drop';
  await heading(page, 'Chưa có mạng');
  await picture(page, 'notice-offline');
  site.weather.climate = 'html';
  await heading(page, 'Máy chủ đang bận');
  site.weather.climate = 'good';
  await heading(page, TITLE);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  noTroubles(page);
});

claim('what the server will not take is said, and the answers can be looked over and sent again', async () => {
  const { site, page, answers } = await atReview();
  site.weather.coming.push('refuse');
  await press(page, 'Gửi');
  await heading(page, 'Rất tiếc, chưa gửi được');
  await checkScreen(page, 'notice-refused');
  await press(page, 'Mở lại phiếu');
  await heading(page, WORDS.vi['review.title']);
  await send(page);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('an invitation that is asked for too often is told to wait, and its answer goes through', async () => {
  const { site, link, page, answers } = await atReview();
  const entry = { invitationToken: new URL(link).hash.slice(3) };
  const flood = await Promise.all(Array.from({ length: 40 }, () => site.call('OpenSurvey', { entry })));
  const told = flood.filter((one) => one.status === 429);
  assert.ok(told.length > 0 && told.every((one) => Number(one.headers.get('retry-after')) > 0));
  await press(page, 'Gửi');
  await heading(page, 'Máy chủ đang bận, chưa gửi được');
  await thanked(page);
  site.storedOnce(answers);
  noTroubles(page);
});

claim('work that is too hard is waited out instead', async () => {
  const site = await Site.open();
  site.weather.climate = 'hard';
  const page = await open(site, site.hall());
  await heading(page, 'Máy chủ đang bận');
  site.weather.climate = 'good';
  await press(page, 'Thử lại ngay');
  await heading(page, TITLE);
  noTroubles(page);
});

claim('random weather: whatever happens, one answer is stored', async () => {
  const seed = Number(process.env.WEB_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`  WEB_SEED=${seed}`);
  let state = seed;
  const draw = (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const kinds = ['cut', 'half', 'busy', 'html', 'portal', 'drop', 'slow', 'good'];
  const some = (count) => Array.from({ length: count }, () => kinds[draw(kinds.length)]);
  // Presses "try again" until what is looked for is there.
  const untilSeen = (page, locator, what) => until(async () => {
    const again = page.getByRole('button', { name: 'Thử lại ngay' });
    if (await again.count() > 0) await again.click({ timeout: 500 }).catch(() => {});
    return locator.isVisible();
  }, what, 40_000);
  for (let i = 0; i < 3; ++i) {
    const site = await Site.open();
    site.weather.coming.push(...some(2));
    const page = await open(site, site.invitation());
    await untilSeen(page, page.getByRole('button', { name: 'Bắt đầu' }), 'the welcome');
    const answers = await answerAll(page);
    site.weather.coming.push(...some(3));
    await press(page, 'Gửi');
    for (let n = draw(3); n > 0; --n) await page.reload();
    await untilSeen(page, page.locator('.receipt'), 'the thanks');
    site.storedOnce(answers);
  }
});

// Last, because it uses up the rate of this address too. Who is lucky gets one of the fifty calls a second that the
// server still takes as they are, so several people may have to come.
claim('a flood on a link is met with work, done in slices while the page stays alive', async () => {
  const site = await Site.open();
  const link = site.hall();
  const flood = { entry: { linkCode: new URL(link).hash.slice(3) }, response: {} };
  let challenges = 0;
  let calm = false;
  const flooding = Promise.all(Array.from({ length: FLOOD }, async () => {
    while (!calm) {
      if ((await site.call('SubmitSurvey', flood)).headers.has('x-challenge')) challenges += 1;
      // Enough to keep the flood up: the page needs a processor too.
      if (challenges > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }));
  await until(() => challenges > FLOOD, 'a server that asks for work', 120_000); // on a slow machine its bucket fills meanwhile
  const worked = () => site.weather.asked.filter((one) => one.solution !== undefined).length;
  const context = await newContext();
  let people = 0;
  for (; worked() === 0; ++people) {
    assert.ok(people < 5, 'five people in a flood, and none had to work');
    const page = await openTab(context, site, link);
    await answerAll(page);
    await page.evaluate(() => {
      window.longest = 0;
      let last = performance.now();
      const beat = () => {
        const now = performance.now();
        window.longest = Math.max(window.longest, now - last);
        last = now;
        if (document.querySelector('.receipt') === null) setTimeout(beat);
      };
      beat();
    });
    await send(page);
    const longest = await page.evaluate(() => window.longest);
    assert.ok(longest < 400, `the page stood still for ${longest} ms`);
    noTroubles(page);
  }
  calm = true;
  await flooding;
  assert.equal(site.stored().length, people);
});
