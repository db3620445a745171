// Stands in for hailongd before a browser: the built page and SurveyService as the gateway serves them, as strict as the
// server about what it is sent, and as bad as a network can be when told to.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const SERVICE = '/hailong.v1.SurveyService/';
const HEADERS = {
  'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
const HTTP_STATUS = {
  invalid_argument: 400, failed_precondition: 400, not_found: 404, already_exists: 409, resource_exhausted: 429,
  unimplemented: 501, unavailable: 503,
};
const TEXT_BYTES_MAX = 4000;
const RESPONSE_FIELDS = [
  'responseId', 'questionnaireVersion', 'submittedAt', 'clockOffsetMs', 'durationMs', 'evidence', 'answers', 'partial',
];
const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CODE = /^[0-9A-Z.]+-\d{6}-\d{4,12}$/;

// Just enough Protobuf to write a google.rpc.ErrorInfo or RetryInfo.
const bytesField = (number, bytes) => Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
const detail = (type, bytes) => ({ type, value: bytes.toString('base64').replace(/=+$/, '') });
// The round is no state of a submission: it refuses by itself.
const REASONS = { NOT_YET: 'ROUND_NOT_OPEN_YET', CLOSED: 'ROUND_CLOSED' };

export const errorInfo = (reason) =>
  detail('google.rpc.ErrorInfo', Buffer.concat([bytesField(1, Buffer.from(reason)), bytesField(2, Buffer.from('hailong'))]));
export const retryInfo = (seconds) =>
  detail('google.rpc.RetryInfo', bytesField(1, Buffer.from([8, seconds])));

class Refused extends Error {
  constructor(code, message, details = []) {
    super(message);
    Object.assign(this, { code, details });
  }
}

export class StandIn {
  // `survey`: what OpenSurvey says, without state and times. `entries`: kind and code ("i TOKEN", "l LINK",
  // "s LINK CODE CHECK") to { state, used, survey }.
  static async start(pages, survey, entries) {
    const one = new StandIn();
    Object.assign(one, { pages, survey, entries, stored: new Map(), asked: [] });
    Object.assign(one, { weather: [], climate: 'good', clockOffsetMs: 0, bits: 0, solved: 0 });
    one.server = createServer((request, response) => void one.serve(request, response));
    await new Promise((resolve) => one.server.listen(0, '127.0.0.1', resolve));
    one.url = `http://127.0.0.1:${one.server.address().port}/`;
    return one;
  }
  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
  submitted() {
    return this.asked.filter((one) => one.name === 'SubmitSurvey').map((one) => one.body.response);
  }

  async serve(request, response) {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { pathname } = new URL(request.url, this.url);
    if (request.url.includes('SECRET')) this.leaked = request.url;
    if (!pathname.startsWith(SERVICE)) return this.serveFile(request, pathname, response);
    let text = '';
    for await (const piece of request) text += piece;
    const name = pathname.slice(SERVICE.length);
    const weather = this.weather.shift() ?? this.climate; // of this call, and of those after all that were told
    if (weather === 'drop') return request.socket.destroy();
    if (weather === 'slow') await new Promise((resolve) => setTimeout(resolve, 600));
    if (weather === 'html') return response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    if (weather === 'portal') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Sign in</h1>');
    const answer = this.answer(name, text, request.headers, weather);
    if (weather === 'cut') return request.socket.destroy(); // stored, and nobody hears of it
    if (weather === 'half' || weather === 'stall') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"outcome":"OUTC');
      return weather === 'half' && setTimeout(() => request.socket.destroy(), 50);
    }
    response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }

  answer(name, text, headers, weather) {
    try {
      if (this.bits > 0) this.demandWork(headers, text);
      if (weather === 'busy') throw new Refused('unavailable', 'the store is busy', [retryInfo(1)]);
      if (weather === 'refuse') throw new Refused('invalid_argument', 'found version 1, allowed is 2');
      if (headers['content-type'] !== 'application/json' || headers['connect-protocol-version'] !== '1') {
        throw new Refused('invalid_argument', 'this is not Connect');
      }
      const body = JSON.parse(text);
      this.asked.push({ name, body });
      const found = this.find(body.entry);
      if (name === 'OpenSurvey') return { status: 200, body: this.open(found) };
      if (name === 'SubmitSurvey') return { status: 200, body: this.submit(found, body) };
      throw new Refused('unimplemented', `found ${name}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { code, message, details } = error;
      return { status: HTTP_STATUS[code], headers: error.headers, body: { code, message, details } };
    }
  }

  demandWork(headers, text) {
    const given = headers['x-challenge-solution'] ?? '';
    const digest = createHash('sha256').update(given).digest();
    const zeros = Math.clz32(digest.readUInt32BE(0));
    if (this.challenge !== undefined && given.startsWith(`${this.challenge}.`) && /\.\d{1,20}$/.test(given) && zeros >= this.bits && this.challenged === text) {
      this.challenge = undefined;
      this.solved += 1;
      return;
    }
    const expires = Math.floor(Date.now() / 1000) + 120;
    const [nonce, signature] = [12, 32].map((size) => randomBytes(size).toString('base64url'));
    this.challenge = `1.${this.bits}.${expires}.${nonce}.${signature}`;
    this.challenged = text;
    const refusal = new Refused('resource_exhausted', 'too many calls from here', [retryInfo(60)]);
    refusal.headers = { 'X-Challenge': this.challenge };
    throw refusal;
  }

  find(entry) {
    const kinds = Object.keys(entry ?? {});
    if (kinds.length !== 1) throw new Refused('invalid_argument', `found ${kinds.length} entries, allowed is 1`);
    const { invitationToken, linkCode, slip } = entry;
    const key = invitationToken !== undefined ? `i ${invitationToken}` : linkCode !== undefined ? `l ${linkCode}`
      : `s ${slip.linkCode} ${slip.dossierCode} ${slip.check}`;
    const found = this.entries[key];
    if (found === undefined) throw new Refused('not_found', 'no such link or invitation');
    return { ...found, key, survey: { ...this.survey, ...found.survey } };
  }

  open({ state = 'OPEN', used, survey }) {
    const now = Date.now() + this.clockOffsetMs;
    const times = {
      opensAt: new Date(now + (state === 'NOT_YET' ? 1 : -1) * 86_400_000).toISOString(),
      closesAt: new Date(now + 10 * 86_400_000).toISOString(),
    };
    const shown = used !== undefined ? 'ANSWERED' : state === 'CLOSED' ? 'OVER' : state;
    const { title, unitName, provinceName } = survey;
    return { state: `SURVEY_STATE_${shown}`, title, unitName, provinceName, ...times,
      ...(shown === 'OPEN' ? { ...survey, serverTime: new Date(now).toISOString() } : {}) };
  }

  submit(found, { response, ...rest }) {
    const bad = this.faultsOf(found.survey, response);
    if (Object.keys(rest).join() !== 'entry') bad.push(`fields ${Object.keys(rest)}`);
    if (bad.length > 0) {
      this.complaints = [...(this.complaints ?? []), ...bad];
      throw new Refused('invalid_argument', bad.join('; '));
    }
    const { clockOffsetMs, ...content } = response;
    const digest = JSON.stringify(content);
    const receivedAt = new Date().toISOString();
    const before = this.stored.get(response.responseId);
    if (before !== undefined) {
      if (before.digest !== digest) throw new Refused('already_exists', 'found this response_id with other content');
      return { outcome: 'OUTCOME_ALREADY_RECORDED', receipt: before.receipt };
    }
    const entry = this.entries[found.key];
    const state = entry.used !== undefined ? 'ANSWERED' : entry.state ?? 'OPEN';
    if (state !== 'OPEN') throw new Refused('failed_precondition', 'not now', [errorInfo(REASONS[state] ?? `SURVEY_STATE_${state}`)]);
    if (found.key.startsWith('i ')) entry.used = response.responseId;
    const firstOutcome = entry.outcome ?? 'OUTCOME_RECORDED';
    const receipt = { responseId: response.responseId, receivedAt, firstOutcome };
    this.stored.set(response.responseId, { digest, receipt, response });
    return { outcome: firstOutcome, receipt };
  }

  // What the server would not take, of server/intake/validate.cc.
  faultsOf(survey, response) {
    const bad = [];
    for (const key of Object.keys(response)) if (!RESPONSE_FIELDS.includes(key)) bad.push(`field ${key}`);
    if (!UUID_7.test(response.responseId)) bad.push('response_id');
    if (response.questionnaireVersion !== survey.questionnaire.version) bad.push('questionnaire_version');
    const ahead = Date.parse(response.submittedAt) + response.clockOffsetMs - (Date.now() + this.clockOffsetMs);
    if (!(ahead < 300_000)) bad.push(`submitted_at is ${ahead} ms ahead`);
    for (const key of ['clockOffsetMs', 'durationMs']) if (!Number.isInteger(response[key])) bad.push(key);
    if (response.evidence !== undefined) {
      const { dossierCode, ...other } = response.evidence;
      if (!survey.asksDossierCode || Object.keys(other).length > 0 || !CODE.test(dossierCode)) bad.push('evidence');
    }
    const form = survey.questionnaire.forms?.find((one) => one.formId === survey.formId);
    const questions = survey.questionnaire.questions.filter((one) =>
      (form?.questionIds.includes(one.questionId) ?? true) && one.questionId !== survey.knownQuestionId);
    const seen = new Set();
    for (const answer of response.answers) {
      const question = questions.find((one) => one.questionId === answer.questionId);
      if (question === undefined || seen.has(answer.questionId)) {
        bad.push(`question ${answer.questionId}`);
        continue;
      }
      seen.add(answer.questionId);
      if (!fits(question, answer)) bad.push(`answer ${JSON.stringify(answer)}`);
    }
    if (seen.size === 0) bad.push('no answer');
    if (response.partial && !survey.keepsPartial) bad.push('partial');
    for (const { questionId, required } of questions) {
      if (required && !seen.has(questionId) && !response.partial) bad.push(`missing ${questionId}`);
    }
    return bad;
  }

  serveFile(request, pathname, response) {
    const path = join(this.pages, normalize(pathname), pathname.endsWith('/') ? 'index.html' : '');
    if (request.method !== 'GET' || !path.startsWith(this.pages) || !existsSync(path)) return response.writeHead(404).end();
    const ending = path.split('.').pop();
    response.writeHead(200, {
      'Content-Type': TYPES[ending],
      'Content-Encoding': 'gzip',
      'Cache-Control': ending === 'html' ? 'no-cache' : 'public, max-age=31536000, immutable',
    });
    response.end(gzipSync(readFileSync(path), { level: 9 }));
  }
}

function fits(question, { questionId, text, ...value }) {
  const kinds = Object.keys(value);
  const options = question.options ?? [];
  const exists = (choice) => Number.isInteger(choice) && choice >= 1 && choice <= options.length;
  if (text !== undefined && (text === '' || Buffer.byteLength(text) > TEXT_BYTES_MAX)) return false;
  if (question.kind === 'QUESTION_KIND_TEXT') return kinds.length === 0 && text !== undefined;
  if (kinds.length !== 1) return false;
  if (kinds[0] === 'notApplicable') return question.allowsNotApplicable && value.notApplicable && text === undefined;
  const several = question.kind === 'QUESTION_KIND_MULTIPLE_CHOICE';
  if (kinds[0] !== (several ? 'choices' : 'choice')) return false;
  const chosen = several ? value.choices.choices : [value.choice];
  if (!chosen.every(exists) || new Set(chosen).size < chosen.length) return false;
  return text === undefined || chosen.some((one) => options[one - 1].allowsText);
}
