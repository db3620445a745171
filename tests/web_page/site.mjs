// A real hailongd with the page and its SQLite file, set up by the real `hailong`. Each test has a survey of its own: a
// web collector for a unit that no other test asks about, and its own network before the server (`weather.mjs`).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { running } from '../kiosk/browser.mjs';
import { freePort, Hailongd, shipped } from '../kiosk/program.mjs';
import { Weather } from './weather.mjs';

const [, pages] = process.argv.slice(2);
const UNITS = 'registry/ho-chi-minh-2026-07.csv';
const READY = 'web on port';

class WebServer extends Hailongd {
  async start() {
    this.webPort = await freePort();
    await this.startServer(['--web-listen', `127.0.0.1:${this.webPort}`, '--web-pages', pages], READY);
    this.hailong('unit', 'import', shipped(UNITS));
    for (const one of ['sipas-2026', 'officials-2026']) {
      this.hailong('questionnaire', 'publish', shipped(`questionnaires/${one}.textproto`));
    }
    this.units = readFileSync(shipped(UNITS), 'utf8').split('\n').slice(2).map((line) => line.split(','));
    this.sites = 0;
    this.rounds = new Set();
  }
  // As an outage would have it, at once.
  kill() {
    return this.server.stop('SIGKILL');
  }
  startAgain() {
    return this.server.start(READY);
  }
  // The shipped round with some of its fields changed, as `{ name: value }` of textproto. Opened once.
  openRound(id, changes = {}) {
    if (this.rounds.has(id)) return;
    this.rounds.add(id);
    // Without its ratings by Zalo, which speak of its own questionnaire.
    let text = readFileSync(shipped('rounds/hcm-2026-counter.textproto'), 'utf8').replace(/^zalo_rating \{[^}]*\}\n/m, '');
    for (const [name, value] of Object.entries({ synthetic: false, ...changes })) {
      text = `${text.replace(new RegExp(`^${name}(:| \\{).*\n`, 'm'), '')}${name}: ${value}\n`;
    }
    writeFileSync(this.path(`${id}.textproto`), text);
    this.hailong('round', 'open', this.path(`${id}.textproto`), '--id', id);
  }
}

export const server = new WebServer();
await server.start();
test.after(() => server.stop());
export const OFFICIALS = { questionnaire_id: '"officials-2026"', questionnaire_version: 1, framework_id: '""' };
server.openRound('citizens');
server.openRound('officials', OFFICIALS);

export class Site {
  // `options`: of `hailong collector configure-web`. Open to all, and by slips, unless they say otherwise.
  static async open({ round = 'citizens', form = 'counter', options = [] } = {}) {
    const site = new Site();
    const [unit, unitName] = server.units[server.sites++];
    Object.assign(site, { id: `web-${unit}`, round, unit, unitName, weather: await Weather.before(server.webPort) });
    running.add(site);
    site.url = site.weather.url;
    const credential = server.path(`${site.id}.token`);
    server.hailong('collector', 'add', site.id, '--channel', 'web', '--unit', unit, '--credential-file', credential);
    site.configure('--round', round, '--form', form, '--open', '--slips', ...options);
    return site;
  }
  stop() {
    return this.weather.stop();
  }
  configure(...options) {
    server.hailong('collector', 'configure-web', this.id, ...options);
  }

  // The link that hangs in the hall.
  hall() {
    const [header, row] = server.hailong('invite', 'open', this.id, '--url', this.url, '--format', 'csv').trim().split('\n');
    return row.split(',')[header.split(',').indexOf('link')];
  }
  // For each row, as `{ column: value }`, an invitation: { id, link }.
  invite(...rows) {
    const made = this.list(['invite', 'create', this.id], rows.map((row, i) => ({ name: `Người ${i + 1}`, ...row })));
    return made.map((row) => ({ id: row.invitation_id, link: row.link }));
  }
  invitation() {
    return this.invite({})[0].link;
  }
  // Dossiers of this site alone.
  dossier(number) {
    return `G12.18-260421-${this.unit}${100 + number}`;
  }
  // The links of dossiers' slips.
  slips(...codes) {
    return this.list(['invite', 'slips', this.id], codes.map((code) => ({ dossier_code: code }))).map((row) => row.link);
  }
  // What the command makes of a list.
  list(command, rows) {
    this.lists = (this.lists ?? 0) + 1;
    const [list, out] = ['list', 'links'].map((name) => server.path(`${this.id}-${name}-${this.lists}.csv`));
    const columns = Object.keys(rows[0]);
    writeFileSync(list, [columns, ...rows.map(Object.values)].map((row) => `${row.join(',')}\n`).join(''));
    server.hailong(...command, list, '--url', this.url, '--out', out);
    const [header, ...lines] = readFileSync(out, 'utf8').trim().split('\n').map((line) => line.split(','));
    return lines.map((line) => Object.fromEntries(line.map((cell, i) => [header[i], cell])));
  }

  // One call as the page makes it: the reply of fetch.
  call(name, request) {
    const headers = { 'Content-Type': 'application/json', 'Connect-Protocol-Version': '1' };
    return fetch(`${this.url}hailong.v1.SurveyService/${name}`, { method: 'POST', headers, body: JSON.stringify(request) });
  }

  // What the server has of this survey, oldest first, as `hailong export` tells it.
  stored() {
    const lines = server.hailong('export', this.round, '--unit', this.unit, '--comments', '--format', 'json').trim();
    const rows = lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line));
    return rows.sort((a, b) => (a.received_at < b.received_at ? -1 : 1));
  }
  // The one response that is stored, with these answers; whenever it was sent again, it was the same.
  storedOnce(answers) {
    const rows = this.stored();
    assert.equal(rows.length, 1, `${rows.length} responses are stored`);
    const [row] = rows;
    const sorted = (all) => [...all].sort((a, b) => (a.question_id < b.question_id ? -1 : 1));
    if (answers !== undefined) assert.deepEqual(sorted(row.answers), sorted(answers));
    const [first, ...others] = this.submitted().filter((one) => one.responseId === row.response_id);
    for (const { clockOffsetMs, ...other } of others) {
      assert.deepEqual({ ...other, clockOffsetMs: first.clockOffsetMs }, first, 'what is sent again is the same');
    }
    return row;
  }
  submitted() {
    return this.weather.asked.filter((one) => one.call === 'SubmitSurvey').map((one) => one.body.response);
  }
  // Whether a link's secret was in the address of any request.
  leaked(link) {
    const secrets = [...new URLSearchParams(new URL(link).hash.slice(1)).values()];
    return this.weather.urls.filter((url) => secrets.some((secret) => url.includes(secret)));
  }
}
