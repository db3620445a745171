// The page's arithmetic against others that are known to be right, and what the built files may hold.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  claim, CODE, heading, newContext, noTroubles, openTab, pages, part, press, send, source, TITLE, until,
} from './kit.mjs';
import { Site } from './site.mjs';

const page = join(source, 'kiosk-client/page');
const { build } = createRequire(join(page, 'package.json'))('esbuild');
async function codeOf(name) {
  const { outputFiles } = await build({
    entryPoints: [join(page, 'src/web', name)], bundle: true, write: false, format: 'esm', target: 'chrome61', logLevel: 'error',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

// The tables of base/dossier_code_test.cc, read where they stand.
function dossierCases(claimed) {
  const text = readFileSync(join(source, 'base/dossier_code_test.cc'), 'utf8');
  const constants = [...text.matchAll(/constexpr char (k\w+)\[\] = ("[^"]*");/g)];
  const named = Object.fromEntries(constants.map((one) => [one[1], JSON.parse(one[2])]));
  const table = text.slice(text.indexOf(claimed)).match(/cases\[\] = \{([\s\S]*?)\n {2}\};/)[1];
  const value = (token) => named[token] ?? JSON.parse(token);
  const rows = [...table.matchAll(/^ {6}\{(k\w+|"(?:[^"\\]|\\.)*"),\s*(k\w+|"(?:[^"\\]|\\.)*")\},/gm)];
  return rows.map((one) => [value(one[1]), value(one[2])]);
}

test('a dossier code is judged as base/dossier_code judges it', async () => {
  const { normalizeDossierCode } = await codeOf('dossier_code.ts');
  const right = dossierCases('WhatPeopleTypeIsOneCode');
  const wrong = dossierCases('AnythingElseIsRefused');
  assert.ok(right.length >= 25 && wrong.length >= 18, `found ${right.length} and ${wrong.length} cases`);
  for (const [typed, code] of right) assert.equal(normalizeDossierCode(typed), code, typed);
  for (const [typed] of wrong) assert.equal(normalizeDossierCode(typed), null, typed);
  assert.equal(normalizeDossierCode(CODE + ' '.repeat(107)), null);
  assert.equal(normalizeDossierCode(CODE + ' '.repeat(106)), CODE);
});

test('SHA-256 and its zero bits are those of OpenSSL, whatever the lengths of head and tail', async () => {
  const { Sha256, leadingZeroBits } = await codeOf('sha256.ts');
  const letters = (length) => Array.from({ length }, () => String.fromCharCode(randomInt(32, 127))).join('');
  for (let length = 0; length < 200; ++length) {
    const head = letters(length);
    const begun = new Sha256(head);
    for (const tail of [letters(20), '', letters(randomInt(20))]) {
      const digest = createHash('sha256').update(head + tail).digest();
      const ours = begun.digest(tail);
      const theirs = Array.from({ length: 8 }, (_, i) => digest.readUInt32BE(4 * i));
      assert.deepEqual([...ours].map((word) => word >>> 0), theirs, head + tail);
      const bits = BigInt(`0x${digest.toString('hex')}`).toString(2).padStart(256, '0').indexOf('1');
      assert.equal(leadingZeroBits(ours), bits);
    }
  }
  assert.throws(() => new Sha256('').digest('x'.repeat(21)), /found 21 characters/);
  assert.equal(leadingZeroBits(Int32Array.of(0, 0, 1, 0, 0, 0, 0, 0)), 95);
});

test('a response_id is a UUID of version 7, and its receipt can be quoted', async () => {
  const { newResponseId, receiptOf } = await codeOf('ids.ts');
  const id = newResponseId(0x0123456789ab, Uint8Array.from([0xff, 1, 0xff, 2, 3, 4, 5, 6, 7, 0xab]));
  assert.equal(id, '01234567-89ab-7f01-bf02-0304050607ab');
  assert.equal(receiptOf(id), '0506-07AB');
  assert.throws(() => newResponseId(0, new Uint8Array(9)), /found 9 bytes/);
});

test('an entry is read from a link, or is none', async () => {
  const { entryIn } = await codeOf('entry.ts');
  for (const [hash, entry] of [
    ['', null], ['#', null], ['#i=T', { invitationToken: 'T' }], ['#l=L', { linkCode: 'L' }],
    [`#l=L&d=${CODE}&c=K`, { slip: { linkCode: 'L', dossierCode: CODE, check: 'K' } }],
    ['#c=K&d=a%20b&l=L', { slip: { linkCode: 'L', dossierCode: 'a b', check: 'K' } }],
    ['#i=', 'wrong'], ['#i=T&l=L', 'wrong'], ['#l=L&d=1', 'wrong'], ['#l=L&c=1', 'wrong'], ['#d=1&c=1', 'wrong'],
    ['#x', 'wrong'], ['#%', 'wrong'],
  ]) assert.deepEqual(entryIn(hash), entry, hash);
});

// Just enough Protobuf to write a google.rpc.ErrorInfo or RetryInfo.
const bytesField = (number, bytes) => Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
const detail = (type, bytes) => ({ type, value: bytes.toString('base64').replace(/=+$/, '') });
const errorInfo = (reason) =>
  detail('google.rpc.ErrorInfo', Buffer.concat([bytesField(1, Buffer.from(reason)), bytesField(2, Buffer.from('hailong'))]));
const retryInfo = (seconds) => detail('google.rpc.RetryInfo', bytesField(1, Buffer.from([8, seconds])));

test('details of errors are read, and nonsense is none', async () => {
  const { reasonIn, retryDelayMsIn } = await codeOf('error_details.ts');
  assert.equal(reasonIn([retryInfo(3), errorInfo('SURVEY_STATE_FULL')]), 'SURVEY_STATE_FULL');
  assert.equal(retryDelayMsIn([errorInfo('X'), retryInfo(3)]), 3000);
  for (const value of [undefined, '', '!', '////', 'AAAA', 'Cg', 7]) {
    assert.equal(reasonIn([{ type: 'google.rpc.ErrorInfo', value }]), '', String(value));
    assert.equal(retryDelayMsIn([{ type: 'google.rpc.RetryInfo', value }]), 0, String(value));
  }
});

test('phones that a busy server sends away until the same moment come back after it, at different ones', async (context) => {
  const { Patience } = await codeOf('patience.ts');
  globalThis.window = new EventTarget();
  const waits = [];
  context.mock.method(globalThis, 'setTimeout', (end, ms) => { waits.push(ms); end(); });
  let chance = 0;
  context.mock.method(Math, 'random', () => chance);
  for (chance of [0, 0.5, 0.999]) await new Patience().wait(60_000);
  const [soon, between, late] = waits;
  assert.ok(soon >= 60_000 && between - soon > 200 && late - between > 200, `waits of ${waits} ms`);
});

claim('screens hold every question once, in order, and not too many', async () => {
  const { questionsOf, screensOf } = await codeOf('answers.ts');
  const site = await Site.open({ form: 'full' });
  const entry = { linkCode: new URL(site.hall()).hash.slice(3) };
  const { questionnaire, formId } = await (await site.call('OpenSurvey', { entry })).json();
  const form = questionnaire.forms.find((one) => one.formId === formId).questionIds;
  const opened = { questionnaire, formId };
  assert.deepEqual(screensOf(questionsOf(opened)).flat().map((one) => one.questionId), form);
  const withoutAge = questionsOf({ ...opened, knownQuestionId: 'age' });
  assert.deepEqual(withoutAge.map((one) => one.questionId), form.filter((one) => one !== 'age'));
  assert.equal(questionsOf({ ...opened, formId: 'other' }), null);
  assert.equal(questionsOf({ questionnaire: { version: 1 } }), null);
  for (let i = 0; i < 200; ++i) {
    const sectionOf = () => (i % 4 === 0 ? undefined : `${'AB'[randomInt(2)]}.${randomInt(3)}`);
    const all = Array.from({ length: randomInt(1, 120) }, (_, n) => ({ questionId: `${n}`, section: sectionOf() }));
    const screens = screensOf(all);
    assert.deepEqual(screens.flat(), all);
    for (const screen of screens) assert.ok(screen.length >= 1 && screen.length <= 12, `${screen.length} questions on a screen`);
  }
});

test('what both pages say stands in src/messages, once; what one says is its own', () => {
  const words = (folder) => JSON.parse(readFileSync(join(page, 'src', folder, 'vi.json'), 'utf8'));
  const code = (folder) => readdirSync(join(page, 'src', folder), { recursive: true })
    .filter((name) => /\.tsx?$/.test(name)).map((name) => readFileSync(join(page, 'src', folder, name), 'utf8')).join();
  const common = code('components') + code('messages');
  for (const folder of ['kiosk', 'web']) {
    const said = common + code(folder);
    const idle = Object.keys(words('messages')).filter((key) => !said.includes(`'${key}'`));
    assert.deepEqual(idle, [], `src/messages has words that the ${folder}'s page does not say`);
  }
  const files = ['messages', 'kiosk/messages', 'web/messages'].map((folder) => [...new Set(Object.values(words(folder)))]);
  const texts = files.flat().filter((one) => typeof one === 'string');
  assert.deepEqual(texts.filter((one, i) => texts.indexOf(one) < i), [], 'said by two files');
});

const folder = join(pages, 's');
const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const only = (ending) => {
  const names = Object.keys(files).filter((name) => name.endsWith(ending));
  assert.equal(names.length, 1, `${names} end in ${ending}`);
  return names[0];
};

test('the first screen is one html, one css and one js of 30 KB together, with names that change with them', () => {
  const script = Object.keys(files).find((name) => /^survey-.*\.js$/.test(name));
  const names = ['index.html', only('.css'), script];
  const bytes = names.reduce((sum, name) => sum + gzipSync(files[name], { level: 9 }).length, 0);
  console.log(`  first screen: ${bytes} bytes compressed`);
  assert.ok(bytes < 30 * 1024, `${bytes} bytes compressed`);
  for (const name of Object.keys(files)) assert.match(name, /^(index\.html|\w+-[0-9A-Za-z]{8}\.(js|css|svg))$/);
  const linked = [...files['index.html'].matchAll(/(?:src|href)="([^"]*)"/g)].map((one) => one[1]);
  assert.deepEqual(linked.sort(), Object.keys(files).filter((name) => name !== 'index.html').map((name) => `/s/${name}`).sort());
  assert.match(files['index.html'], /<h1>Đánh giá sự phục vụ<\/h1>/, 'words stand there before any script');
});

test('the built files name no other origin', () => {
  for (const [name, text] of Object.entries(files)) {
    const found = [...text.matchAll(/https?:\/\/[^\s"'`)]*/g)].map((one) => one[0]);
    assert.deepEqual(found.filter((url) => !url.startsWith('http://www.w3.org/')), [], name);
  }
});

// What Chrome 61 has not; with the version that brought it. esbuild sees to the syntax.
const NEWER = {
  js: [
    [/\.(flat|flatMap|matchAll|replaceAll|trimStart|trimEnd|at|finally|replaceChildren|toSorted|findLast)\(/, '63 and later'],
    [/Object\.(fromEntries|groupBy)|Promise\.(allSettled|any)|Intl\.(DisplayNames|RelativeTimeFormat|ListFormat)/, '71 and later'],
    [/\b(ResizeObserver|globalThis|queueMicrotask|structuredClone|BigInt|randomUUID|\.inert\b)/, '64 and later'],
    [/["']bigint["']/, '67 and later, and ends a tab of 64'],
    [/catch\s*\{|\?\?|\?\.[a-z([]|\bimport\(|static\s*\{/, 'syntax of 63 and later'],
  ],
  css: [
    [/(?:^|[;{])(gap|row-gap|column-gap|inset|aspect-ratio|place-content|accent-color):/, 'a property of 66 and later'],
    [/:(is|where|has)\(/, 'a selector of 88 and later'],
    [/\b(min|max|clamp)\(/, 'a function of 79 and later'],
    [/[\d.](dvh|svh|lvh|dvw|cqw)\b/, 'a unit of 105 and later'],
    [/@(layer|container|supports)|env\(/, 'a rule of 69 and later'],
    [/(?<!:not\():focus-visible/, 'a selector of 86 and later'],
  ],
};

test('the built files hold nothing that Chrome 61 has not', () => {
  const css = files[only('.css')].replace(/minmax\(|\(min-width/g, '');
  const js = Object.entries(files).filter(([name]) => name.endsWith('.js')).map(([, text]) => text).join('\n');
  for (const [kind, text] of [['css', css], ['js', js]]) {
    for (const [pattern, since] of NEWER[kind]) {
      const at = text.search(pattern);
      assert.ok(at < 0, `${kind}: "${text.slice(Math.max(0, at - 30), at + 40)}" is ${since}`);
    }
  }
});

test('that check finds what it looks for', () => {
  for (const [text, kind] of [
    ['a.flat()', 'js'], ['x.finally(f)', 'js'], ['try{f()}catch{g()}', 'js'], ['new ResizeObserver(f)', 'js'], ['a??b', 'js'],
    ['typeof a=="bigint"', 'js'],
    ['.a{gap:4px}', 'css'], ['.a:is(.b)', 'css'], ['a{width:min(1px,2px)}', 'css'], ['a{height:100dvh}', 'css'],
    ['a:focus-visible{}', 'css'],
  ]) assert.ok(NEWER[kind].some(([pattern]) => pattern.test(text)), text);
});

claim('a browser without what came after Chrome 61 takes a whole survey', async () => {
  const site = await Site.open();
  const context = await newContext();
  await context.addInitScript(() => {
    for (const [owner, names] of [
      [window, ['AbortController', 'AbortSignal', 'ResizeObserver', 'queueMicrotask', 'structuredClone', 'BigInt']],
      [window, ['globalThis']],
      [Array.prototype, ['flat', 'flatMap', 'at', 'findLast']],
      [String.prototype, ['matchAll', 'replaceAll', 'trimStart', 'trimEnd', 'at']],
      [Object, ['fromEntries']], [Promise, ['allSettled', 'any']], [Promise.prototype, ['finally']],
      [Intl, ['DisplayNames', 'ListFormat']], [crypto.constructor.prototype, ['randomUUID']],
      [Element.prototype, ['replaceChildren', 'toggleAttribute']],
    ]) for (const name of names) delete owner[name];
    document.addEventListener('DOMContentLoaded', () => {
      document.body.dataset.left = `${typeof AbortController} ${typeof [].flat}`;
    });
  });
  const tab = await openTab(context, site, site.invitation());
  await press(tab, 'Bắt đầu');
  await part(tab, 1);
  await tab.locator('.face-button').nth(2).click();
  await press(tab, 'Tiếp tục');
  await press(tab, 'Tiếp tục');
  site.weather.coming.push('cut');
  await send(tab);
  assert.equal(await tab.locator('body').getAttribute('data-left'), 'undefined undefined');
  site.storedOnce([{ question_id: 'counter.overall', choice: 3 }]);
  noTroubles(tab);
});

claim('the watch over a page sees another origin, and what the Content-Security-Policy forbids', async () => {
  const site = await Site.open();
  const tab = await openTab(await newContext(), site, site.hall());
  await heading(tab, TITLE);
  noTroubles(tab);
  await tab.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => {}));
  await until(() => tab.troubles.some((one) => /connect-src/.test(one)), 'a complaint of another origin');
  await tab.evaluate(() => {
    document.body.appendChild(document.createElement('style')).textContent = 'p { color: red }';
  });
  await until(() => tab.troubles.some((one) => /style-src/.test(one)), 'a complaint of an inline style');
});
