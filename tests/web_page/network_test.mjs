// Networks and servers as they are: every answer is stored exactly once, or is still there to be sent.
import assert from 'node:assert/strict';
import {
  answerScreen, checkNight, checkScreen, claim, everyEntry, heading, INVITED, newContext, noTroubles, open, openTab,
  part, picture, press, startServer, storages, SURVEY, until, WORDS,
} from './kit.mjs';

const FACES = { ...SURVEY, formId: 'faces' };

// To the last screen before sending.
async function answerAll(page) {
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await heading(page, WORDS.vi.review);
}

function storedOnce(server) {
  assert.equal(server.stored.size, 1);
  const all = server.submitted();
  const [{ clockOffsetMs: _, ...first }, ...others] = all;
  for (const { clockOffsetMs: __, ...other } of others) assert.deepEqual(other, first, 'what is sent again is the same');
  assert.equal(server.complaints, undefined);
}

claim('send pressed twice, and five times, is one call', async () => {
  const server = await startServer(FACES);
  const page = await open(server, INVITED, undefined, { reducedMotion: 'reduce' });
  await answerAll(page);
  server.weather.push('slow');
  await page.evaluate(() => {
    const button = [...document.querySelectorAll('button')].find((one) => one.innerText.trim() === 'Gửi');
    for (let i = 0; i < 5; ++i) button.click();
  });
  await heading(page, 'Đang gửi câu trả lời…');
  assert.equal(await page.locator('.spinner').evaluate((one) => getComputedStyle(one).animationName), 'none');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(server.submitted().length, 1);
  storedOnce(server);
  noTroubles(page);
});

for (const [weather, calls] of [['cut', 2], ['half', 2], ['busy', 1], ['html', 1], ['portal', 1], ['drop', 1]]) {
  claim(`a call that ends in "${weather}" is made again by itself, and stored once`, async () => {
    const server = await startServer(FACES);
    const page = await open(server);
    await answerAll(page);
    server.weather.push(weather);
    await press(page, 'Gửi');
    await heading(page, 'Cảm ơn Ông/Bà!');
    assert.equal(server.submitted().length, calls);
    storedOnce(server);
    noTroubles(page);
  });
}

claim('a reply that stands still in the middle is given up after 30 seconds, and asked for again', async () => {
  const server = await startServer(FACES);
  const context = await newContext();
  await context.clock.install({ time: Date.now() });
  const page = await openTab(context, server);
  await answerAll(page);
  server.weather.push('stall');
  const begun = page.waitForResponse(/SubmitSurvey$/);
  await press(page, 'Gửi');
  await begun;
  await page.clock.fastForward(20_000);
  await heading(page, 'Đang gửi câu trả lời…');
  await page.clock.fastForward(10_000);
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await press(page, 'Thử lại ngay');
  await heading(page, WORDS.vi.thanks);
  assert.equal(server.submitted().length, 2);
  storedOnce(server);
  noTroubles(page);
});

claim('a reply lost after storing, then a reload: the same answer is sent again, not asked again', async () => {
  const server = await startServer(FACES);
  const page = await open(server);
  await answerAll(page);
  server.weather.push('cut', 'drop', 'drop', 'drop');
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await page.goBack();
  await page.reload();
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(server.asked.filter((one) => one.name === 'OpenSurvey').length, 1);
  storedOnce(server);
  noTroubles(page);
});

claim('offline in the middle: nothing is lost, it is said, and it is sent when the network is back', async () => {
  const server = await startServer(FACES);
  const page = await open(server);
  await press(page, 'Bắt đầu');
  await part(page, 1);
  await page.context().setOffline(true);
  await answerScreen(page);
  await press(page, 'Tiếp tục');
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await checkScreen(page, 'waiting');
  await checkNight(page, 'waiting');
  await press(page, 'Thử lại ngay');
  await page.waitForTimeout(300);
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await page.context().setOffline(false);
  await heading(page, 'Cảm ơn Ông/Bà!');
  storedOnce(server);
  noTroubles(page);
});

claim('an answer that waits can be kept on the phone, and goes out at the next visit', async () => {
  const server = await startServer(FACES);
  const context = await newContext();
  const page = await openTab(context, server);
  await answerAll(page);
  await context.setOffline(true);
  await press(page, 'Gửi');
  await heading(page, 'Chưa có mạng, chưa gửi được');
  await press(page, 'Giữ trên máy này');
  await page.getByText('Đã giữ trên máy này.').waitFor();
  await picture(page, 'waiting-kept');
  await page.close();
  await context.setOffline(false);
  const next = await openTab(context, server, '');
  await heading(next, 'Cảm ơn Ông/Bà!');
  storedOnce(server);
  assert.deepEqual(await storages(next), { tab: '{}', phone: '{}' });
});

claim('a server that is busy or away when the link is opened is asked again by itself', async () => {
  const server = await startServer(FACES);
  server.climate = 'busy';
  const page = await open(server);
  await heading(page, 'Máy chủ đang bận');
  await picture(page, 'notice-busy');
  server.climate = 'drop';
  await heading(page, 'Chưa có mạng');
  await picture(page, 'notice-offline');
  server.climate = 'html';
  await heading(page, 'Máy chủ đang bận');
  server.climate = 'good';
  await heading(page, SURVEY.title.vi);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  noTroubles(page);
});

claim('what the server will not take is said, and the answers can be looked over and sent again', async () => {
  const server = await startServer(FACES);
  const page = await open(server);
  await answerAll(page);
  server.weather.push('refuse');
  await press(page, 'Gửi');
  await heading(page, 'Rất tiếc, chưa gửi được');
  await checkScreen(page, 'notice-refused');
  await press(page, 'Mở lại phiếu');
  await heading(page, WORDS.vi.review);
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  storedOnce(server);
  noTroubles(page);
});

claim('a round that is put off while somebody answers is told, and the answers stay; of one that ended they go', async () => {
  const entries = everyEntry();
  const server = await startServer(FACES, entries);
  const page = await open(server);
  await answerAll(page);
  entries['i SECRETtoken'].state = 'NOT_YET';
  await press(page, 'Gửi');
  await heading(page, 'Đợt khảo sát chưa bắt đầu');
  assert.equal(await page.getByText('Bắt đầu:').count(), 0, 'the time that was said before');
  await page.reload();
  await page.getByText('Bắt đầu:').waitFor();
  delete entries['i SECRETtoken'].state;
  await page.reload();
  await heading(page, WORDS.vi.review);
  entries['i SECRETtoken'].state = 'CLOSED';
  await press(page, 'Gửi');
  await heading(page, 'Đợt khảo sát đã kết thúc');
  assert.doesNotMatch((await storages(page)).tab, /"choice"/);
  assert.equal(server.stored.size, 0);
  noTroubles(page);
});

claim('a flood is met with work, done in slices while the page stays alive', async () => {
  const server = await startServer(FACES);
  const page = await open(server);
  await answerAll(page);
  server.bits = 17;
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
  await press(page, 'Gửi');
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(server.solved, 1);
  storedOnce(server);
  const longest = await page.evaluate(() => window.longest);
  assert.ok(longest < 400, `the page stood still for ${longest} ms`);
  console.log(`  longest pause while working: ${longest.toFixed(0)} ms`);
  noTroubles(page);
});

claim('work that is too hard is waited out instead', async () => {
  const server = await startServer(FACES);
  server.bits = 60;
  const page = await open(server);
  await heading(page, 'Máy chủ đang bận');
  server.bits = 0;
  await press(page, 'Thử lại ngay');
  await heading(page, SURVEY.title.vi);
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
  for (let i = 0; i < 3; ++i) {
    const server = await startServer(FACES);
    server.weather.push(...Array.from({ length: 2 }, () => kinds[draw(kinds.length)]));
    const page = await open(server, INVITED);
    await until(async () => {
      const again = page.getByRole('button', { name: 'Thử lại ngay' });
      if (await again.count() > 0) await again.click({ timeout: 500 }).catch(() => {});
      return page.getByRole('button', { name: 'Bắt đầu' }).isVisible();
    }, 'the welcome');
    await answerAll(page);
    server.weather.push(...Array.from({ length: 3 }, () => kinds[draw(kinds.length)]));
    await press(page, 'Gửi');
    for (let n = draw(3); n > 0; --n) await page.reload();
    await until(async () => {
      const again = page.getByRole('button', { name: 'Thử lại ngay' });
      if (await again.count() > 0) await again.click({ timeout: 500 }).catch(() => {});
      return page.locator('.receipt').isVisible();
    }, 'the thanks', 40_000);
    storedOnce(server);
  }
});
