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
    const { response, json } = await posted(url, body, solution);
    if (response.ok && json !== null) return json as Answer;
    const challenge = response.headers.get('X-Challenge');
    solution = challenge !== null && i < CHALLENGES_MAX ? await solved(challenge) : null;
    if (solution === null) throw new CallError(troubleOf(response, json as Failure | null));
  }
}

interface Reply {
  response: globalThis.Response;
  json: object | null; // null: no JSON object, as when a proxy or a hotel's sign-in page answers, or it was cut off
}

// The whole reply: a network can stand still in the middle of one too.
async function posted(url: string, body: string, solution: string | null): Promise<Reply> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', 'Connect-Protocol-Version': '1' };
  if (solution !== null) headers['X-Challenge-Solution'] = solution;
  const init: RequestInit = { method: 'POST', headers, body, cache: 'no-store', credentials: 'omit' };
  // Chrome 61 cannot take a request back; its answer is then passed over.
  const gone = typeof AbortController === 'function' ? new AbortController() : null;
  if (gone !== null) init.signal = gone.signal;
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => {
      reject(new CallError({ kind: 'offline' }));
      gone?.abort();
    }, CALL_MS_MAX);
  });
  try {
    return await Promise.race([fetch(url, init).then(replyOf), late]);
  } catch {
    throw new CallError({ kind: 'offline' });
  } finally {
    clearTimeout(timer);
  }
}

async function replyOf(response: globalThis.Response): Promise<Reply> {
  try {
    const json: unknown = JSON.parse(await response.text());
    return { response, json: typeof json === 'object' && !Array.isArray(json) ? json : null };
  } catch {
    return { response, json: null };
  }
}

interface Failure {
  code?: string;
  details?: ErrorDetail[];
}

function troubleOf(response: globalThis.Response, failure: Failure | null): Trouble {
  const code = failure?.code ?? '';
  const details = Array.isArray(failure?.details) ? (failure?.details as ErrorDetail[]) : [];
  if (REFUSALS.includes(code)) return { kind: 'refused', code, reason: reasonIn(details) };
  const header = Number(response.headers.get('Retry-After') ?? 0) * 1000;
  return { kind: 'busy', afterMs: Math.max(Number.isFinite(header) ? header : 0, retryDelayMsIn(details)) };
}
