// Programs of the repository as processes of their own; hailongd with a directory of its own, set up by `hailong` as an
// administrator would.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { source, until } from './browser.mjs';

const [bin] = process.argv.slice(2);
export const shipped = (name) => join(source, 'deploy/data', name);

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const alive = new Set(); // whatever ends this script ends them
process.on('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

// A program that is started again and again on the same data, as its supervisor would.
export class Program {
  constructor(name, args) {
    Object.assign(this, { name, args, log: '' });
  }
  async start(ready) {
    this.child = spawn(resolve(bin, this.name), this.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    alive.add(this.child);
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

export class Hailongd {
  async startServer(args = [], ready = 'listening on') {
    this.directory = mkdtempSync(join(tmpdir(), 'hailong-'));
    this.port = await freePort();
    this.server = new Program('hailongd', ['--data', this.path('server'), '--listen', `127.0.0.1:${this.port}`, ...args]);
    await this.server.start(ready);
  }
  path(name) {
    return join(this.directory, name);
  }
  hailong(...args) {
    return execFileSync(join(bin, 'hailong'), args, {
      env: {
        ...process.env,
        HAILONG_SERVER: `127.0.0.1:${this.port}`,
        HAILONG_TOKEN_FILE: this.path('server/admin.token'),
        LSAN_OPTIONS: `suppressions=${join(source, 'analysis/cli/leaks_for_test.txt')}:print_suppressions=0`,
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    });
  }
  async stop() {
    await this.server?.stop('SIGKILL');
    rmSync(this.directory, { recursive: true });
  }
}
