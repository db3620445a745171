// hailongd, hailong and hailong-kiosk as processes of their own, set up as an administrator would: one round, one kiosk.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIN, source, until } from './kit.mjs';
import { Network } from './network.mjs';

const [bin, pageDirectory] = process.argv.slice(2);
export const ROUND = 'hcm-2026-counter';
export const KIOSK = 'kiosk-25747-1';
const UNIT = '25747';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// A program that is started again and again on the same data, as its supervisor would.
class Program {
  constructor(name, args) {
    Object.assign(this, { name, args, log: '' });
  }
  async start(ready) {
    this.child = spawn(join(bin, this.name), this.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve(code ?? signal)));
    const before = this.log.length;
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (data) => { this.log += data; });
    await until(() => this.log.indexOf(ready, before) >= 0, `"${ready}" of ${this.name}`);
  }
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }
}

export class Province {
  // `draw` gives a number from [0, 1), for what the network does.
  static async open(running, draw) {
    const province = new Province();
    running.add(province);
    province.directory = mkdtempSync(join(tmpdir(), 'hailong-kiosk-'));
    province.port = await freePort();
    province.server = new Program('hailongd', ['--data', province.path('server'), '--listen', `127.0.0.1:${province.port}`]);
    await province.server.start('listening on');
    province.network = await Network.to(province.port, draw);
    province.setUp();
    const page = `127.0.0.1:${await freePort()}`;
    province.kiosk = new Program('hailong-kiosk', ['--data', province.path('kiosk'), '--server', province.network.address,
      '--enrolment-code-file', province.path('code'), '--page', pageDirectory, '--listen', page]);
    await province.kiosk.start('started');
    province.url = `http://${page}/`;
    return province;
  }
  path(name) {
    return join(this.directory, name);
  }
  hailong(...args) {
    return execFileSync(join(bin, 'hailong'), args, {
      env: { ...process.env, HAILONG_SERVER: `127.0.0.1:${this.port}`, HAILONG_TOKEN_FILE: this.path('server/admin.token') },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    });
  }
  setUp() {
    const data = join(source, 'deploy/data');
    this.hailong('unit', 'import', join(data, 'registry/ho-chi-minh-2026-07.csv'));
    this.hailong('questionnaire', 'publish', join(data, 'questionnaires/sipas-2026.textproto'));
    this.hailong('round', 'open', join(data, `rounds/${ROUND}.textproto`));
    const added = this.hailong('collector', 'add', KIOSK, '--name', 'Quầy 1', '--channel', 'kiosk', '--unit', UNIT, '--enrol',
      '--format', 'json');
    writeFileSync(this.path('code'), JSON.parse(added).enrolment_code);
    writeFileSync(this.path('pin'), `${PIN}\n`);
    this.hailong('collector', 'configure', KIOSK, '--round', ROUND, '--form', 'counter', '--long-form', 'full',
      '--countdown', '3', '--pin-file', this.path('pin'));
  }
  collector() {
    return JSON.parse(this.hailong('collector', 'list', '--format', 'json')).collectors.find((one) => one.collector_id === KIOSK);
  }
  async stop() {
    for (const program of [this.kiosk, this.server]) await program?.stop('SIGKILL');
    await this.network?.stop();
    rmSync(this.directory, { recursive: true });
  }
}
