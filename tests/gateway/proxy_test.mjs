// proxy_test.mjs HAILONGD DESCRIPTORS RECIPES: nginx and Caddy with the recipes of deploy/proxy before a real hailongd. Of a
// recipe, only what a machine decides is changed: ports, files of the certificate, how the program itself is started.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparable, run } from './calls.mjs';
import { ConnectCaller, GrpcCaller, loadContract, Server } from './kit.mjs';

const [program, descriptors, recipes] = process.argv.slice(2);
const registry = loadContract(descriptors);
const now = Math.floor(Date.now() / 1000) * 1000;
const NAME = 'survey.example.vn'; // as in the recipes
const MESSAGE_BYTES_MAX = 16 << 20;
const BURST = 1000; // of calls that anybody may make, for each address
const lookup = (_host, options, done) => (
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));

const directory = mkdtempSync(join(tmpdir(), 'hailong-proxy-'));
const certificate = join(directory, 'cert.pem');
const key = join(directory, 'key.pem');

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Every text must be there, or the recipe is another than this test knows.
function change(text, changes) {
  return changes.reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), `recipe: '${from}' is not in it`);
    return changed.replaceAll(from, to);
  }, text);
}

const web = (server) => server.url.replace('http://', '');

const proxies = [{
  name: 'nginx',
  start(server, ports) {
    const site = join(directory, 'site.conf');
    writeFileSync(site, change(readFileSync(join(recipes, 'nginx.conf'), 'utf8'), [
      ['server 127.0.0.1:7480;', `server ${web(server)};`],
      // A machine of tests may have no IPv6.
      ['  listen [::]:80;\n', ''], ['  listen [::]:443 ssl http2;\n', ''],
      ['listen 80;', `listen 127.0.0.1:${ports.http};`], ['listen 443 ', `listen 127.0.0.1:${ports.https} `],
      ['/etc/hailong/tls/web-cert.pem', certificate], ['/etc/hailong/tls/web-key.pem', key],
    ]));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${directory}/${one};`);
    const settings = join(directory, 'nginx.conf');
    // Started by root, nginx would hand over to a user who may not enter the directory.
    writeFileSync(settings, `${process.getuid() === 0 ? 'user root;\n' : ''}pid ${directory}/pid;
error_log stderr; daemon off; events {} http { ${temporary.join(' ')} include ${site}; }`);
    return spawn('nginx', ['-p', directory, '-e', 'stderr', '-c', settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  },
}, {
  name: 'Caddy',
  start(server, ports) {
    const settings = join(directory, 'Caddyfile');
    // It would ask an authority for a certificate, and write where its user lives.
    const own = `{
  admin off
  default_bind 127.0.0.1
  grace_period 1s
  http_port ${ports.http}
  https_port ${ports.https}
  storage file_system ${directory}/storage
}
`;
    writeFileSync(settings, own + change(readFileSync(join(recipes, 'Caddyfile'), 'utf8'), [
      [`\n${NAME} {\n`, `\n${NAME} {\n\ttls ${certificate} ${key}\n`],
      ['reverse_proxy 127.0.0.1:7480 {', `reverse_proxy ${web(server)} {`],
    ]));
    const env = { ...process.env, HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory };
    return spawn('caddy', ['run', '--config', settings, '--adapter', 'caddyfile'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  },
}];

// One request through the proxy.
function ask(site, path, { method = 'GET', headers = {}, body, agent } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request(`${site.url}${path}`, {
      ca: readFileSync(certificate), lookup, method, headers, agent,
    }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const json = { 'content-type': 'application/json' };

async function withProxy(proxy, check) {
  const pages = join(directory, 'pages');
  const server = await Server.start(program, ['--web-trusted-proxy', '127.0.0.1', '--web-pages', pages]);
  const ports = { http: await freePort(), https: await freePort() };
  const child = proxy.start(server, ports);
  let log = '';
  child.stderr.on('data', (data) => { log += data; });
  const ended = new Promise((resolve) => { child.on('exit', resolve).on('error', (error) => { log += error; resolve(); }); });
  const site = { url: `https://${NAME}:${ports.https}`, http: ports.http };
  try {
    for (let tries = 0; ; ++tries) {
      try {
        await ask(site, '/');
        break;
      } catch (error) {
        assert.ok(tries < 100 && child.exitCode === null && child.pid, `${proxy.name} does not answer: ${error}\n${log}`);
        await new Promise((resolve) => { setTimeout(resolve, 100); });
      }
    }
    await check(site, server);
  } catch (error) {
    console.error(log);
    throw error;
  } finally {
    child.kill('SIGTERM');
    await ended;
    assert.equal(await server.stop(), 0, 'SIGTERM stops the server with status 0');
  }
}

// What is hailongd's stays hailongd's, and TLS is the proxy's.
async function checkPages(site, server) {
  const gzip = { 'accept-encoding': 'gzip' };
  const page = await ask(site, '/', { headers: gzip });
  assert.equal(page.status, 200);
  assert.equal(page.headers['content-encoding'], 'gzip');
  assert.match(page.headers['content-security-policy'], /^default-src 'none'/);
  assert.match(page.headers['strict-transport-security'], /max-age/, 'it knows of the TLS before it');
  assert.equal((await ask(site, '/', { headers: { ...gzip, 'if-none-match': page.headers.etag } })).status, 304);
  assert.equal((await fetch(server.url)).headers.get('strict-transport-security'), null);
  assert.equal((await ask(site, '/metrics')).status, 404);
  const plain = await new Promise((resolve, reject) => {
    http.get({ port: site.http, path: '/s/abc', headers: { host: NAME } }, resolve).on('error', reject);
  });
  assert.ok([301, 308].includes(plain.statusCode), `${plain.statusCode}`);
  assert.match(plain.headers.location, new RegExp(`^https://${NAME}(:\\d+)?/s/abc$`));
}

async function checkBodies(site, server) {
  const post = (bytes, credential) => ask(site, '/hailong.v1.RegistryService/ListRounds', {
    method: 'POST', headers: credential ? { ...json, authorization: `Bearer ${credential}` } : json,
    body: Buffer.from(`{${' '.repeat(bytes - 2)}}`) });
  assert.equal((await post(300_000)).status, 413, 'without a credential');
  assert.equal((await post(MESSAGE_BYTES_MAX, server.admin)).status, 200, 'as much as a message may have');
  assert.equal((await post(MESSAGE_BYTES_MAX + 100_000, server.admin)).status, 413);
}

// Who asks is the one who reached the proxy, whatever he says; another in the middle of his flood has a rate of his own.
async function checkAddresses(site) {
  const agents = ['127.0.0.2', '127.0.0.3'].map((localAddress) => new https.Agent({ keepAlive: true, maxSockets: 8, localAddress }));
  const enroll = (person, claimed) => ask(site, '/hailong.v1.KioskService/Enroll', {
    method: 'POST', headers: { ...json, 'x-forwarded-for': claimed }, body: '{}', agent: agents[person] });
  const isChallenged = (one) => one.headers['x-challenge'] !== undefined;
  let sent = 0;
  let stopped = false;
  // Until he is told to work; on a slow machine his bucket fills up meanwhile.
  while (!stopped && sent < 20 * BURST) {
    const flood = Array.from({ length: 200 }, () => enroll(0, `203.0.113.${sent++ % 250}`));
    assert.ok(!isChallenged(await enroll(1, '203.0.113.1')), 'the other person is challenged');
    stopped = (await Promise.all(flood)).some(isChallenged);
  }
  agents.forEach((agent) => agent.destroy());
  assert.ok(stopped && sent > BURST, `${sent} calls until the first challenge`);
}

async function checkCalls(site, server, expected) {
  const caller = new ConnectCaller(registry, site, 'connect-node', true, {
    httpVersion: '2', nodeOptions: { ca: readFileSync(certificate), lookup } });
  const said = comparable(await run(caller, server.admin, now));
  assert.equal(said.length, expected.length);
  said.forEach((one, i) => assert.deepEqual(one, expected[i], `call ${i}, ${one.name}`));
  return said.length;
}

async function directly() {
  const server = await Server.start(program);
  const caller = new GrpcCaller(registry, server);
  const said = comparable(await run(caller, server.admin, now));
  caller.close();
  assert.equal(await server.stop(), 0);
  return said;
}

process.env.PATH += ':/usr/sbin';
let failed = false;
try {
  mkdirSync(join(directory, 'pages'));
  writeFileSync(join(directory, 'pages', 'index.html'), `<!doctype html><title>Hài lòng</title>${' '.repeat(5000)}`);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const expected = await directly();
  for (const proxy of proxies) {
    await withProxy(proxy, async (site, server) => {
      await checkPages(site, server);
      const calls = await checkCalls(site, server, expected);
      await checkBodies(site, server);
      await checkAddresses(site);
      console.log(`ok: ${proxy.name}, ${calls} calls over HTTP/2`);
    });
  }
} catch (error) {
  console.error(error);
  failed = true;
} finally {
  rmSync(directory, { recursive: true });
}
// Sessions that are still open would keep Node.
process.exit(failed ? 1 : 0);
