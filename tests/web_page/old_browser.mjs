// Chromium 64, a build of November 2017, the age of Android 8, on a phone's screen. Its page has those methods of
// Playwright's that the kit's looks at a screen call, and touches as a thumb does. What is run in it may use no syntax that
// came later.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { running, until } from '../kiosk/browser.mjs';
import { freePort, Program } from '../kiosk/program.mjs';

const require = createRequire(new URL('../kiosk/package.json', import.meta.url));
const connect = require('chrome-remote-interface'); // asks the browser itself which protocol it speaks
const PACKED = require.resolve('chrome-aws-lambda/bin/chromium.br');
const CHROMIUM = PACKED.replace(/\.br$/, ''); // unpacked beside it, once
const TAP_MS = 550; // two touches sooner after each other may be a double tap

export class OldBrowser {
  static async start() {
    const browser = new OldBrowser();
    browser.directory = mkdtempSync(join(tmpdir(), 'hailong-chromium-'));
    if (!existsSync(CHROMIUM)) {
      const half = `${CHROMIUM}-${process.pid}`;
      writeFileSync(half, brotliDecompressSync(readFileSync(PACKED)), { mode: 0o755 });
      renameSync(half, CHROMIUM);
    }
    browser.port = await freePort();
    browser.program = new Program(CHROMIUM, [
      '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-proxy-server', 'about:blank',
      `--remote-debugging-port=${browser.port}`, `--user-data-dir=${browser.directory}`,
    ]);
    await browser.program.start('DevTools listening on');
    return browser;
  }
  async stop() {
    await this.program.stop('SIGKILL');
    rmSync(this.directory, { recursive: true });
  }
  async version() {
    return (await connect.Version({ port: this.port })).Browser;
  }
  // A tab of its own, at a link of the site. `haste`: how many times as fast its timers run.
  async open(site, link, size, { haste = 1 } = {}) {
    const target = await connect.New({ port: this.port });
    const page = new OldPage(await connect({ port: this.port, target }), target.id, this.port);
    running.add({ stop: () => page.close().catch(() => {}) });
    await page.begin(site.url, size, haste);
    await page.goto(new URL(link, `${site.url}s/`).href);
    return page;
  }
}

class OldPage {
  constructor(client, id, port) {
    Object.assign(this, { client, id, port, troubles: [], touchedAt: 0 });
  }
  async begin(origin, size, haste) {
    const { Emulation, Inspector, Log, Network, Page, Runtime } = this.client;
    this.dead = new Promise((_, reject) => Inspector.targetCrashed(() => reject(new Error('the tab has died'))));
    this.dead.catch(() => {});
    Runtime.exceptionThrown(({ exceptionDetails: { text, exception } }) => {
      this.troubles.push(`error: ${text} ${exception?.description ?? ''}`);
    });
    Runtime.consoleAPICalled(({ type, args }) => {
      if (type === 'error') this.troubles.push(`console: ${args.map((one) => one.value ?? one.description).join(' ')}`);
    });
    Log.entryAdded(({ entry: { level, source, text } }) => {
      if (level === 'error' && source !== 'network') this.troubles.push(`log: ${text}`);
    });
    Network.requestWillBeSent(({ request }) => {
      if (!request.url.startsWith(origin)) this.troubles.push(`asked ${request.url}`);
    });
    await Promise.all([Inspector, Log, Network, Page, Runtime].map((domain) => domain.enable()));
    await Emulation.setTouchEmulationEnabled({ enabled: true });
    await this.resize(size);
    if (haste === 1) return;
    await Page.addScriptToEvaluateOnLoad({
      scriptSource: `{ const real = setTimeout; window.setTimeout = (body, ms) => real(body, ms / ${haste}); }`,
    });
  }
  async close() {
    if (this.closed) return;
    this.closed = true;
    await connect.Close({ port: this.port, id: this.id });
    await this.client.close();
  }

  resize(size) {
    this.size = size;
    return this.client.Emulation.setDeviceMetricsOverride({ ...size, deviceScaleFactor: 1, mobile: true });
  }

  // As Playwright has them.
  viewportSize() {
    return this.size;
  }
  async setViewportSize(size) {
    await this.resize(size);
    await until(() => this.evaluate(({ width, height }) => innerWidth === width && innerHeight === height, size),
      `a screen of ${size.width}x${size.height}`);
  }
  // A tab that died answers nothing any more.
  alive(answer) {
    return Promise.race([answer, this.dead]);
  }
  async evaluate(what, argument) {
    const expression = typeof what === 'string' ? what : `(${what})(${JSON.stringify(argument)})`;
    const evaluated = this.client.Runtime.evaluate({ expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = await this.alive(evaluated);
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  goto(url) {
    return this.loaded(() => this.client.Page.navigate({ url }));
  }
  reload() {
    return this.loaded(() => this.client.Page.reload());
  }
  async loaded(how) {
    const loaded = this.client.Page.loadEventFired();
    await this.alive(how());
    await this.alive(loaded);
  }
  goBack() {
    return this.evaluate(() => history.back());
  }
  async screenshot({ path }) {
    const { size } = this;
    const height = await this.evaluate(() => document.documentElement.scrollHeight);
    await this.setViewportSize({ ...size, height: Math.max(height, size.height) });
    const { data } = await this.alive(this.client.Page.captureScreenshot());
    await this.setViewportSize(size);
    writeFileSync(path, Buffer.from(data, 'base64'));
  }
  offline(offline) {
    return this.client.Network.emulateNetworkConditions({ offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  }

  // Waits until such an element is there: of those that match the selector, and say these words if any are given, the
  // one of that number.
  see(selector, words, number = 0) {
    return until(() => this.evaluate(([all, said, n]) => [...document.querySelectorAll(all)]
      .filter((one) => said === null || one.innerText.trim() === said).length > n,
    [selector, words ?? null, number]), `${selector} "${words ?? ''}" (${number})`);
  }
  heading(words) {
    return this.see('h1', words);
  }
  // By a thumb, which hits only what nothing else covers.
  async touch(selector, words, number = 0) {
    await new Promise((resolve) => setTimeout(resolve, this.touchedAt + TAP_MS - Date.now()));
    await this.see(selector, words, number);
    const { x, y, covered } = await this.evaluate(([all, said, n]) => {
      const one = [...document.querySelectorAll(all)].filter((any) => said === null || any.innerText.trim() === said)[n];
      one.scrollIntoView({ block: 'center' });
      const { left, top, width, height } = one.getBoundingClientRect();
      const at = { x: left + width / 2, y: top + height / 2 };
      const hit = document.elementFromPoint(at.x, at.y);
      return { x: at.x, y: at.y, covered: one.contains(hit) ? null : hit === null ? 'the edge' : hit.outerHTML };
    }, [selector, words ?? null, number]);
    if (covered !== null) throw new Error(`"${words ?? selector}" is covered by ${covered}`);
    await this.alive(this.client.Input.dispatchTouchEvent({ type: 'touchStart', touchPoints: [{ x, y }] }));
    await this.alive(this.client.Input.dispatchTouchEvent({ type: 'touchEnd', touchPoints: [] }));
    this.touchedAt = Date.now();
  }
  press(words) {
    return this.touch('button', words);
  }
  async write(selector, text) {
    await this.touch(selector);
    for (const letter of text) {
      await this.alive(this.client.Input.dispatchKeyEvent({ type: 'char', text: letter === '\n' ? '\r' : letter }));
    }
  }
  text(selector) {
    return this.evaluate((one) => document.querySelector(one).innerText, selector);
  }
}
