// What one person leaves to the next: nothing. And what happens when the machine fails them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALL_KINDS, answerCounterForm, checkScreen, claim, connect, COUNTER_FORM, Demo, face, heading, launchServer, noTroubles, open, picture,
  PIN, SHIPPED, SIZES, tap, until, write,
} from './kit.mjs';

const server = await launchServer();
const browser = await connect(server);
test.after(() => server.close());

const FIRST = 'Ông/Bà hài lòng thế nào về lần phục vụ này?';
const CODE = 'G12.18-260421-00430053';

// All that the browser holds: what is drawn, what is in fields, what is stored anywhere.
async function everythingIn(page) {
  return page.evaluate(async () => {
    const fields = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
    const databases = await indexedDB.databases();
    const caches = await window.caches.keys();
    return JSON.stringify([document.documentElement.outerHTML, fields, { ...localStorage }, { ...sessionStorage },
      databases, caches, document.cookie, location.href, history.state]);
  });
}

for (const size of SIZES) {
  const name = `${size.width}x${size.height}`;

  claim(`the second person sees nothing of the first, ${name}`, async () => {
    const demo = await Demo.start(ALL_KINDS, ['idle_seconds=2', 'countdown_seconds=3', 'partial=keep']);
    const page = await open(browser, demo, size);
    await tap(page, 'English');
    await heading(page, 'How many times have you come?');
    await tap(page, page.locator('.choice').nth(0));
    await heading(page, 'Was the way of filing suitable?');
    await tap(page, page.locator('.choice').nth(2));
    await tap(page, 'Skip');
    await heading(page, 'Is there anything else you would like to say?');
    await page.locator('#text').fill('my neighbour Lan was there');
    await page.getByRole('heading', { name: 'Are you still there?' }).waitFor();
    const hidden = await page.locator('#text').evaluate((field) => field.checkVisibility({ visibilityProperty: true }));
    assert.equal(hidden, false, 'the warning hides what was typed');
    await checkScreen(page, 'warning');
    // Somebody is there: everything is where it was.
    await tap(page, 'I am still answering');
    assert.equal(await page.locator('#text').inputValue(), 'my neighbour Lan was there');
    await page.getByRole('heading', { name: 'Are you still there?' }).waitFor();
    await heading(page, 'Ông/Bà đến lần thứ mấy?');

    const left = await everythingIn(page);
    assert.doesNotMatch(left, /Lan|neighbour|lang="en"/);
    assert.equal(await page.locator('[aria-pressed=true], [aria-checked=true]').count(), 0);
    const [kept] = await until(() => demo.kept().length > 0 && demo.kept(), 'the partial answer');
    assert.equal(kept.partial, true);
    assert.deepEqual(kept.answers, [{ questionId: 'one', choice: 1 }, { questionId: 'four', choice: 3 }]);

    // The second person goes their own way, and back: nothing stands there already.
    await tap(page, page.locator('.choice').nth(0));
    await heading(page, 'Hình thức nộp hồ sơ có phù hợp không?');
    assert.equal(await page.locator('[aria-pressed=true]').count(), 0);
    await tap(page, 'Quay lại');
    await heading(page, 'Ông/Bà đến lần thứ mấy?');
    assert.doesNotMatch(await everythingIn(page), /Lan|neighbour/);
  });

  claim(`the staff card opens to the right PIN only, ${name}`, async () => {
    const demo = await Demo.start(SHIPPED, COUNTER_FORM);
    const page = await open(browser, demo, size);
    const gesture = async () => {
      for (let i = 0; i < 5; ++i) await page.locator('.brand-mark').click();
      await heading(page, 'Mã PIN của cán bộ');
    };
    const enter = async (pin) => {
      await page.waitForTimeout(300);
      for (const digit of pin) await page.locator('.key', { hasText: digit }).click();
      await page.getByRole('button', { name: 'Mở', exact: true }).click();
    };
    await gesture();
    await checkScreen(page, 'staff-pin');
    await enter('1111');
    await page.getByText(/Mã PIN không đúng. Thử lại sau [12] giây/).waitFor();
    await picture(page, 'staff-pin-wrong');
    assert.ok(await page.getByRole('button', { name: 'Mở', exact: true }).isDisabled());
    await page.getByText('Mã PIN không đúng, xin thử lại.').waitFor();
    await enter(PIN);
    await heading(page, 'Thẻ cán bộ');
    await checkScreen(page, 'staff-card');
    const facts = await page.locator('.facts').innerText();
    assert.match(facts, /Phiếu chờ gửi\s+3/);
    assert.match(facts, /Phiên bản\s+0\.1\.0/);
    assert.match(facts, /kiosk-demo-1/);
    await tap(page, 'Đổi quầy');
    for (const key of ['0', '7']) await page.locator('.key', { hasText: key }).click();
    await page.getByRole('button', { name: 'Lưu quầy' }).click();
    await until(async () => /Quầy đang phục vụ\s+07/.test(await page.locator('.facts').innerText()), 'counter 07');
    demo.tell('screen');
    assert.equal(await demo.line('screen'), 'screen SCREEN_STATE_PAUSED 07');
    await tap(page, 'Tạm nghỉ 10 phút');
    await heading(page, 'Tạm nghỉ ít phút');
    await checkScreen(page, 'paused');
    await gesture();
    await page.waitForTimeout(300);
    await enter(PIN);
    await tap(page, 'Mở lại');
    await heading(page, FIRST);
    noTroubles(page);
  });

  claim(`an answer that is not on the disk gets no thanks, ${name}`, async () => {
    const demo = await Demo.start(SHIPPED, [...COUNTER_FORM, 'countdown_seconds=3']);
    const page = await open(browser, demo, size);
    const thanked = [];
    await page.exposeFunction('saw', (text) => thanked.push(text));
    await page.evaluate(() => {
      new MutationObserver(() => {
        if (/Cảm ơn Ông|Thank you/.test(document.body.innerText)) window.saw(document.body.innerText);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    demo.tell('keeper full');
    await answerCounterForm(page);
    await tap(page, page.getByRole('button', { name: 'Gửi', exact: true }));
    await heading(page, 'Rất tiếc, chưa chắc đã lưu được');
    await checkScreen(page, 'failure');
    await heading(page, 'Máy tạm thời chưa nhận đánh giá');
    await checkScreen(page, 'out-of-service');
    assert.deepEqual(thanked, []);
    assert.deepEqual(demo.kept(), []);
    demo.tell('screen');
    assert.match(await demo.line('screen'), /OUT_OF_SERVICE/);
    noTroubles(page);
  });
}

claim('nothing is asked while the outbox is full, and again when it has room', async () => {
  const demo = await Demo.start(SHIPPED, COUNTER_FORM);
  const page = await open(browser, demo);
  await heading(page, FIRST);
  demo.tell('room no');
  await heading(page, 'Máy tạm thời chưa nhận đánh giá');
  demo.tell('room yes');
  await heading(page, FIRST);
  demo.tell('settings off');
  await page.getByText('Máy đang được cài đặt.').waitFor();
  demo.tell('settings on');
  await heading(page, FIRST);
});

claim('a slip is scanned on any screen, and leaves no key behind', async () => {
  const demo = await Demo.start(ALL_KINDS);
  const page = await open(browser, demo);
  const scan = async (text) => {
    await page.waitForTimeout(300);
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };
  await scan('https://dichvucong.example/unknown');
  await page.waitForTimeout(300);
  await page.locator('.stage.start').waitFor();
  await scan(CODE);
  await page.getByText('Mã hồ sơ tận cùng 0053').waitFor();
  // A button has the focus: Enter belongs to the scanner, not to the button.
  await page.locator('.choice').first().focus();
  await scan('G12.18-260421-00430077');
  await page.getByText('Mã hồ sơ tận cùng 0077').waitFor();
  await heading(page, 'Ông/Bà đến lần thứ mấy?');
  await scan('not a code at all');
  await page.getByText('Không đọc được mã hồ sơ').waitFor();
  await picture(page, 'scan-wrong');
  await tap(page, page.locator('.choice').first());
  await tap(page, 'Bỏ qua');
  await tap(page, 'Bỏ qua');
  await heading(page, 'Ông/Bà có góp ý gì thêm?');
  await write(page, '#text', 'nhanh ', 90);
  await scan(CODE);
  await page.getByText('Mã hồ sơ tận cùng 0053').waitFor();
  assert.equal(await page.locator('#text').inputValue(), 'nhanh ');
  await tap(page, 'Tiếp tục');
  await tap(page, page.getByRole('button', { name: 'Gửi', exact: true }));
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(demo.kept()[0].evidence.dossierCode, CODE);
  assert.equal(demo.kept()[0].answers.at(-1).text, 'nhanh');
  noTroubles(page);
});

claim('nothing stays in the browser', async () => {
  const demo = await Demo.start(SHIPPED, COUNTER_FORM);
  const page = await open(browser, demo);
  const entries = await page.evaluate(() => history.length);
  await answerCounterForm(page);
  await tap(page, 'Nhập mã hồ sơ');
  await write(page, '#code', CODE);
  await page.getByRole('button', { name: 'Xong' }).click();
  await tap(page, page.getByRole('button', { name: 'Gửi', exact: true }));
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(await page.evaluate(() => history.length), entries);
  assert.deepEqual(await page.context().cookies(), []);
  assert.doesNotMatch(await everythingIn(page), /G12|0053/);
  noTroubles(page);
});

claim('a browser that is killed comes back where the person was, then to a fresh start', async () => {
  const demo = await Demo.start(SHIPPED, [...COUNTER_FORM, 'idle_seconds=4', 'countdown_seconds=2']);
  const victim = await launchServer();
  const first = await open(await connect(victim), demo);
  await tap(first, face(first, 1));
  await heading(first, 'Tiếp cận dịch vụ');
  victim.process().kill('SIGKILL');
  const page = await open(browser, demo);
  await heading(page, 'Tiếp cận dịch vụ');
  await page.getByRole('heading', { name: 'Ông/Bà còn ở đó không?' }).waitFor();
  await heading(page, FIRST);
  assert.equal(await page.locator('[aria-pressed=true]').count(), 0);
  assert.deepEqual(demo.kept(), [], 'this round forgets what is half-finished');
});

claim('a program that is killed in the middle comes back to a fresh start by itself', async () => {
  let demo = await Demo.start(SHIPPED, COUNTER_FORM);
  const page = await open(browser, demo);
  await tap(page, face(page, 1));
  await heading(page, 'Tiếp cận dịch vụ');
  await demo.stop('SIGKILL');
  await heading(page, 'Đang kết nối lại…');
  await picture(page, 'lost');
  demo = await Demo.start(SHIPPED, COUNTER_FORM, demo.address);
  await heading(page, FIRST);
  await answerCounterForm(page);
  await tap(page, page.getByRole('button', { name: 'Gửi', exact: true }));
  await heading(page, 'Cảm ơn Ông/Bà!');
  assert.equal(demo.kept().length, 1);
});
