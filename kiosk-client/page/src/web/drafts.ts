// What is remembered of an unfinished survey: in this tab only, and on this phone only if the person asks.
import type { Answers } from './answers';
import { isSameEntry, type Entry } from './entry';
import type { Response } from './survey';

export const FORM = 1; // of a draft; another is not read

export interface Draft {
  form: typeof FORM;
  entry: Entry;
  run: string; // tells this survey's places in the history from another's
  responseId: string; // empty: not begun
  language: string; // empty: not chosen
  answers: Answers;
  dossierCode: string; // as typed
  spentMs: number; // with the page in sight
  clockOffsetMs: number;
  step: number;
  later: boolean; // the person asked for it to be kept on this phone
  savedAtMs: number;
  // What is being sent. Some of it may have arrived, so it stays as it is until the server has answered.
  pending: Response | null;
}

const TAB_KEY = 'hailong.survey';
const PHONE_KEY = 'hailong.later';
const PHONE_MS_MAX = 7 * 24 * 3600 * 1000;

// A browser may refuse storage: then a survey lives as long as its page.
function read(storage: () => Storage, key: string): unknown {
  try {
    return JSON.parse(storage().getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: unknown): boolean {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

// What an older version of the page left, or anybody's hand, is nothing.
function isDraft(value: unknown): value is Draft {
  const draft = (value ?? {}) as Partial<Draft>;
  return draft.form === FORM && typeof draft.entry === 'object' && draft.entry !== null
    && typeof draft.answers === 'object' && draft.answers !== null;
}

const tab = () => sessionStorage;
const phone = () => localStorage;

export function readTab(nowMs: number): Draft | null {
  const found = read(tab, TAB_KEY);
  if (!isDraft(found)) return null;
  found.later = found.later && isOnPhone(found, nowMs);
  return found;
}

// What is on this phone and not too old, newest first; what is too old goes.
function readPhone(nowMs: number): Draft[] {
  const all = read(phone, PHONE_KEY);
  if (all === null) return [];
  if (!Array.isArray(all)) {
    write(phone, PHONE_KEY, null);
    return [];
  }
  const young = all.filter((one): one is Draft => isDraft(one) && nowMs - one.savedAtMs < PHONE_MS_MAX);
  if (young.length < all.length) write(phone, PHONE_KEY, young.length > 0 ? young : null);
  return young.sort((a, b) => b.savedAtMs - a.savedAtMs);
}

export function findOnPhone(entry: Entry | null, nowMs: number): Draft | null {
  return readPhone(nowMs).find((one) => entry === null || isSameEntry(one.entry, entry)) ?? null;
}

// Another tab may have sent or deleted what this one had put there.
function isOnPhone(draft: Draft, nowMs: number): boolean {
  return readPhone(nowMs).some((one) => one.run === draft.run);
}

function writePhone(draft: Draft, there: boolean, nowMs: number): boolean {
  const others = readPhone(nowMs).filter((one) => one.run !== draft.run);
  const all = there ? [draft, ...others] : others;
  return write(phone, PHONE_KEY, all.length > 0 ? all : null);
}

// In this tab, and on the phone where it is kept there already.
export function save(draft: Draft, nowMs: number): void {
  draft.savedAtMs = nowMs;
  draft.later = draft.later && isOnPhone(draft, nowMs);
  if (draft.later) writePhone(draft, true, nowMs); // refused: the older copy is still there
  write(tab, TAB_KEY, draft);
}

// False: the phone does not keep it.
export function keepOnPhone(draft: Draft, nowMs: number): boolean {
  draft.savedAtMs = nowMs;
  draft.later = true;
  draft.later = writePhone(draft, true, nowMs);
  write(tab, TAB_KEY, draft);
  return draft.later;
}

export function forgetOnPhone(draft: Draft, nowMs: number): void {
  writePhone(draft, false, nowMs);
}

export function forget(draft: Draft, nowMs: number): void {
  write(tab, TAB_KEY, null);
  forgetOnPhone(draft, nowMs);
}
