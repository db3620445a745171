// SurveyService over the Connect protocol: one POST with JSON for each call.
import { solved } from './challenge';
import type { Entry } from './entry';
import { reasonIn, retryDelayMsIn, type ErrorDetail } from './error_details';
import type { OpenSurveyResponse, SubmitSurveyRequest, SubmitSurveyResponse } from './survey';

const CALL_MS_MAX = 30_000;
const CHALLENGES_MAX = 3; // of one call; then it waits like any busy server

// Why a call brought nothing.
export type Trouble =
  | { kind: 'offline' } // nobody answered
  | { kind: 'busy'; afterMs: number } // try again, not before
  | { kind: 'refused'; code: string; reason: string }; // trying again changes nothing

export class CallError extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.kind);
  }
}

const REFUSALS = [
  'invalid_argument', 'not_found', 'already_exists', 'permission_denied', 'failed_precondition', 'out_of_range',
  'unimplemented', 'unauthenticated',
];

export const openSurvey = (entry: Entry) => call<OpenSurveyResponse>('OpenSurvey', { entry });
export const submitSurvey = (request: SubmitSurveyRequest) => call<SubmitSurveyResponse>('SubmitSurvey', request);

async function call<Answer>(name: string, request: object): Promise<Answer> {
  const url = `/hailong.v1.SurveyService/${name}`;
  const body = JSON.stringify(request);
  let solution: string | null = null;
  for (let i = 0; ; ++i) {
    const reply = await posted(url, body, solution);
    const json = objectIn(reply.responseText);
    if (reply.status === 200 && json !== null) return json as Answer;
    const challenge = reply.getResponseHeader('X-Challenge');
    solution = challenge !== null && i < CHALLENGES_MAX ? await solved(challenge) : null;
    if (solution === null) throw new CallError(troubleOf(reply, json as Failure | null));
  }
}

// The whole reply: a network can stand still in the middle of one too. What has stood still for too long is taken back,
// which Chrome 61 cannot do with `fetch`: a few of those would keep all later calls from being sent.
function posted(url: string, body: string, solution: string | null): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const timer = setTimeout(() => request.abort(), CALL_MS_MAX);
    request.onload = () => resolve(request);
    request.onloadend = () => {
      clearTimeout(timer);
      reject(new CallError({ kind: 'offline' })); // means nothing after onload
    };
    request.open('POST', url);
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('Connect-Protocol-Version', '1');
    if (solution !== null) request.setRequestHeader('X-Challenge-Solution', solution);
    request.send(body);
  });
}

// Null: no JSON object, as when a proxy or a hotel's sign-in page answers.
function objectIn(text: string): object | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && !Array.isArray(json) ? json : null;
  } catch {
    return null;
  }
}

interface Failure {
  code?: string;
  details?: ErrorDetail[];
}

function troubleOf(reply: XMLHttpRequest, failure: Failure | null): Trouble {
  const code = failure?.code ?? '';
  const details = Array.isArray(failure?.details) ? (failure?.details as ErrorDetail[]) : [];
  if (REFUSALS.includes(code)) return { kind: 'refused', code, reason: reasonIn(details) };
  const header = Number(reply.getResponseHeader('Retry-After') ?? 0) * 1000;
  return { kind: 'busy', afterMs: Math.max(Number.isFinite(header) ? header : 0, retryDelayMsIn(details)) };
}
