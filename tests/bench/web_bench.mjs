// Web submits, durable before they are answered, beside a page of the same server in the same run, in turns.
//   node web_bench.mjs HAILONGD DESCRIPTORS QUESTIONNAIRES DIR [TIMES [SECONDS]]
// Citizens by an open link: whole SIPAS forms with a dossier code each, as the page sends them, over CONNECTIONS that
// stay open, by wrk. They come as a proxy would hand them on, from many addresses and to many links, so that no rate
// holds them up.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectCaller, loadContract, Server } from '../gateway/kit.mjs';

const [program, descriptors, questionnaires, given] = process.argv.slice(2);
const times = Number(process.argv[6] ?? 5);
const seconds = Number(process.argv[7] ?? 5);
const CONNECTIONS = 64;
const LINKS = 100;
const TICKS_PER_SECOND = 100; // of /proc: sysconf(_SC_CLK_TCK)
const PAGE_BYTES = 20_000;

mkdirSync(given, { recursive: true });
const directory = mkdtempSync(join(given, 'web-'));
process.env.TMPDIR = directory; // the server's data as well
mkdirSync(join(directory, 'pages'));
writeFileSync(join(directory, 'pages', 'index.html'), `<!doctype html>${'<p>Hài lòng?</p>'.repeat(PAGE_BYTES / 18)}`);

let questionnaire;
const server = await Server.start(program, ['--web-trusted-proxy', '127.0.0.1', '--web-pages', join(directory, 'pages')]);
server.child.stderr.removeAllListeners('data').resume();

async function openLinks() {
  const caller = new ConnectCaller(loadContract(descriptors), server, 'connect-node', false);
  const call = async (name, json) => {
    const { answer, message } = await caller.call(name, json, server.admin);
    assert.ok(answer, `${name}: ${message}`);
    return answer;
  };
  const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const units = Array.from({ length: LINKS }, (_, i) => ({ unitId: `1.${i}`, name: 'Xã', level: 'commune', parentUnitId: '1', validFrom: '2020-01-01' }));
  await call('RegistryService/ImportUnits', { units: [{ unitId: '1', name: 'Tỉnh', level: 'province', validFrom: '2020-01-01' }, ...units] });
  execFileSync(join(dirname(program), 'hailong'), ['--server', server.grpc, '--token-file', join(server.directory, 'admin.token'),
    'questionnaire', 'publish', join(questionnaires, 'sipas-2026.textproto')]);
  ({ questionnaire } = await call('CollectionService/GetQuestionnaire', { questionnaireId: 'sipas-2026' }));
  await call('RegistryService/OpenRound', { round: {
    roundId: 'bench', questionnaireId: questionnaire.questionnaireId, questionnaireVersion: questionnaire.version, rootUnitId: '1',
    frameworkId: 'sipas-2026', synthetic: true, title: { vi: 'Đo' }, opensAt: at(-1), closesAt: at(24) } });
  const links = [];
  for (const { unitId } of units) {
    const { collector } = await call('RegistryService/CreateCollector', { collector: {
      collectorId: `web-${unitId}`, channel: 'CHANNEL_WEB', unitId, web: { roundId: 'bench', formId: 'full', open: true } } });
    links.push(collector.web.linkCode);
  }
  return links;
}

// A form in parts, between which every sending puts its link, its id and its dossier.
function formParts() {
  const rated = questionnaire.questions.filter((one) => one.questionId.startsWith('q9.') || one.section === 'A');
  const answers = rated.map(({ questionId }, i) => ({ questionId, choice: questionId.startsWith('q9.') ? 3 + (i % 3) : 1 }));
  const submit = JSON.stringify({ entry: { linkCode: '@' }, response: {
    responseId: '@', questionnaireVersion: questionnaire.version, submittedAt: new Date().toISOString(), durationMs: 240_000,
    evidence: { dossierCode: '@' }, answers } });
  return submit.split('@');
}

const REPORT = `function done(summary, latency)
  local errors = summary.errors
  print(string.format('REPORT {"requests":%d,"micros":%d,"p50":%.0f,"p99":%.0f,"errors":%d}', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
`;
const lua = (value) => `[==[${value}]==]`;

function submitScript(links) {
  const parts = formParts();
  return `${REPORT}
local links = {${links.map(lua).join(',')}}
local parts = {${parts.map(lua).join(',')}}
local run = 0
local n = 0
function init(args) run = tonumber(args[1]) end
function request()
  n = n + 1
  local id = string.format('%08x-0000-4000-8000-%012x', run, n)
  local dossier = string.format('H09.%02d-241105-%08d', run % 99 + 1, n)
  local body = parts[1] .. links[n % #links + 1] .. parts[2] .. id .. parts[3] .. dossier .. parts[4]
  local from = string.format('10.%d.%d.%d', run % 250, n / 250 % 250, n % 250)
  return 'POST /hailong.v1.SurveyService/SubmitSurvey HTTP/1.1\\r\\nHost: survey.example.vn\\r\\nContent-Type: application/json\\r\\n' ..
    'X-Forwarded-For: ' .. from .. '\\r\\nContent-Length: ' .. #body .. '\\r\\n\\r\\n' .. body
end
`;
}

const cpuSeconds = () => {
  const fields = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

async function load(script, run) {
  const before = cpuSeconds();
  const { stdout } = await promisify(execFile)('wrk', ['--threads', '1', '--connections', `${CONNECTIONS}`, '--duration', `${seconds}s`,
    '--timeout', '10s', '--script', script, `${server.url}/`, '--', `${run}`]);
  const report = JSON.parse(/^REPORT (.*)$/m.exec(stdout)[1]);
  assert.equal(report.errors, 0, stdout);
  return {
    requests: report.requests,
    rate: report.requests / (report.micros / 1e6),
    cpu: ((cpuSeconds() - before) / report.requests) * 1e6,
    p50: report.p50 / 1000,
    p99: report.p99 / 1000,
  };
}

async function figure(name) {
  const text = await (await fetch(`${server.operations}/metrics`)).text();
  return Number(text.split('\n').find((line) => line.startsWith(name)).split(' ').at(-1));
}

// "0.71 (0.68..0.73)"
function spread(values, decimals) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, median, high] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((i) => sorted[i].toFixed(decimals));
  return `${median} (${low}..${high})`;
}

function print(name, runs) {
  const of = (key, decimals) => spread(runs.map((one) => one[key]), decimals).padEnd(24);
  console.log(`${name.padEnd(10)} ${of('rate', 0)} ${of('cpu', 1)} ${of('p50', 1)} ${of('p99', 1)}`);
}

try {
  const submits = join(directory, 'submits.lua');
  const page = join(directory, 'page.lua');
  writeFileSync(submits, submitScript(await openLinks()));
  writeFileSync(page, `${REPORT}wrk.headers['Accept-Encoding'] = 'gzip'\n`);
  const runs = { page: [], submits: [] };
  for (let i = 0; i < times; ++i) {
    runs.page.push(await load(page, i));
    runs.submits.push(await load(submits, i + 1));
  }
  const stored = await figure('hailong_responses_total{channel="web",outcome="recorded"}');
  const commits = await figure('hailong_writer_commits_total{of="responses"}');
  const answered = runs.submits.reduce((sum, one) => sum + one.requests, 0);
  // Those under way when a load ends are stored, but nobody counted their answers.
  assert.ok(stored >= answered && stored <= answered + times * CONNECTIONS, `${stored} stored, ${answered} answered`);
  console.log(`web, ${CONNECTIONS} connections, ${times} times ${seconds} s each, load of the machine ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]}`);
  console.log('           requests/s               server CPU us            p50 ms                   p99 ms');
  print('page', runs.page);
  print('submits', runs.submits);
  console.log(`submits / page: ${spread(runs.submits.map((one, i) => one.rate / runs.page[i].rate), 2)}`);
  console.log(`${stored} responses stored, ${(stored / commits).toFixed(1)} to a commit; a form has ${formParts().join('').length} bytes`);
} finally {
  await server.stop();
  rmSync(directory, { recursive: true });
}
process.exit(0);
