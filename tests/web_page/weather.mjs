// The network between the browser and hailongd: a proxy that passes on everything as it is, until it is told to be bad
// at a call of SurveyService. It remembers what it was asked.
import { Agent, createServer, request as ask } from 'node:http';

const CALL = /^\/hailong\.v1\.SurveyService\/(\w+)$/;
const SLOW_MS = 600;
const HARD_BITS = 60; // of a challenge that nobody solves
const RETRY_AFTER_S = 1;

const later = (seconds) => ({
  type: 'google.rpc.RetryInfo', value: Buffer.from([10, 2, 8, seconds]).toString('base64').replace(/=+$/, ''),
});
// What somebody between says instead, or a server that has no time.
const INSTEAD = {
  html: [502, 'text/html', '<h1>Bad Gateway</h1>'],
  portal: [200, 'text/html', '<h1>Sign in</h1>'],
  empty: [200, 'application/json', '{"state":"SURVEY_STATE_OPEN","questionnaire":{"version":1}}'],
  busy: [503, 'application/json', JSON.stringify({ code: 'unavailable', message: 'busy', details: [later(RETRY_AFTER_S)] })],
  refuse: [400, 'application/json', JSON.stringify({ code: 'invalid_argument', message: 'found version 1, allowed is 2' })],
  hard: [429, 'application/json', JSON.stringify({ code: 'resource_exhausted', message: 'too many calls' })],
};

export class Weather {
  // Before the hailongd whose HTTP is on `port`.
  static async before(port) {
    const weather = new Weather();
    // `coming`: of the next calls, one each; `climate`: of those after them.
    Object.assign(weather, { port, coming: [], climate: 'good', asked: [], urls: [], agent: new Agent({ keepAlive: true }) });
    weather.server = createServer((request, response) => void weather.serve(request, response));
    await new Promise((resolve) => weather.server.listen(0, '127.0.0.1', resolve));
    weather.url = `http://127.0.0.1:${weather.server.address().port}/`;
    return weather;
  }
  stop() {
    this.agent.destroy();
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async serve(request, response) {
    this.urls.push(request.url);
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const [, call] = CALL.exec(request.url) ?? [];
    const now = call === undefined ? 'good' : this.coming.shift() ?? this.climate;
    if (now === 'drop') return request.socket.destroy();
    if (now === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    if (INSTEAD[now] !== undefined) {
      const [status, type, text] = INSTEAD[now];
      const challenge = now === 'hard'
        ? { 'X-Challenge': `1.${HARD_BITS}.${Math.floor(Date.now() / 1000) + 120}.NONCE.SIGNATURE` } : {};
      return response.writeHead(status, { 'Content-Type': type, ...challenge }).end(text);
    }
    if (call !== undefined) this.asked.push({ call, body: JSON.parse(body), solution: request.headers['x-challenge-solution'] });
    const answer = await this.forward(request, body).catch(() => null);
    if (answer === null || now === 'cut') return request.socket.destroy(); // done, and nobody hears of it
    response.writeHead(answer.status, answer.headers);
    if (now !== 'half' && now !== 'stall') return response.end(answer.body);
    response.write(answer.body.subarray(0, answer.body.length / 2));
    if (now === 'half') setTimeout(() => request.socket.destroy(), 50);
  }
  forward({ method, url, headers }, body) {
    return new Promise((resolve, reject) => {
      const sent = ask({ port: this.port, host: '127.0.0.1', method, path: url, headers, agent: this.agent }, (answer) => {
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.rawHeaders, body: Buffer.concat(pieces) }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
