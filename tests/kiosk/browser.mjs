// Debian's Chromium, and what is looked for on the pages of kiosk and web alike.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const running = new Set(); // programs and browser contexts of the test under way

// A test that leaves nothing running, whichever way it ends.
export function claim(name, body) {
  test(name, async () => {
    try {
      await body(running);
    } finally {
      for (const one of running) await one.stop();
      running.clear();
    }
  });
}

export async function until(condition, what, ms = 20_000) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((done) => setTimeout(done, 20))) {
    const found = await condition();
    if (found) return found;
  }
  assert.fail(`waited ${ms} ms for ${what}`);
}

export function launchServer() {
  return chromium.launchServer({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--headless=new'] });
}

export function connect(server) {
  return chromium.connect(server.wsEndpoint());
}

// A page that notes it when anybody but `origin` ("http://127.0.0.1:7480/") is asked, or anything is complained of.
// The browser complains of each call that fails; those like `expected` belong to the test.
export async function openPage(context, origin, expected = /Failed to load resource: net::ERR/) {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' || expected.test(message.text())) return;
    page.troubles.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) page.troubles.push(`asked ${request.url()}`);
  });
  return page;
}

export async function openContext(browser, options) {
  const context = await browser.newContext(options);
  running.add({ stop: () => context.close().catch(() => {}) });
  return context;
}

export async function heading(page, text) {
  await page.getByRole('heading', { level: 1, name: text }).waitFor();
}

export async function axe(page, where) {
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const found = await window.axe.run(document);
    return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
  });
  assert.deepEqual(violations, [], `axe at ${where}`);
}

// Every target is large enough, and its words fit.
export async function checkTargets(page, name, px, { kinds = 'button' } = {}) {
  const targets = await page.evaluate((all) =>
    [...document.querySelectorAll(all)]
      .filter((one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === 'visible').map((one) => {
        const { width, height } = one.getBoundingClientRect();
        const words = one.tagName === 'BUTTON';
        const cut = words && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
        return { text: one.innerText || one.getAttribute('aria-label'), width, height, cut };
      }), kinds);
  for (const target of targets) {
    assert.ok(target.width >= px - 0.5 && target.height >= px - 0.5,
      `${name}: "${target.text}" is ${target.width}x${target.height}, allowed are ${px} px or more`);
    assert.ok(!target.cut, `${name}: the words of "${target.text}" do not fit`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth) - page.viewportSize().width;
  assert.ok(wide <= 0, `${name}: ${wide} px too wide`);
  return targets.length;
}

export function noTroubles(page) {
  assert.deepEqual(page.troubles, []);
}
