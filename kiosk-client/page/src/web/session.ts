// One person and one survey, from the link to the thanks: what stands on the screen, and what is kept. Knows nothing of
// how it is drawn.
import { allSent, isAnswered, questionsOf, screensOf, touched, type Answer } from './answers';
import { CallError, openSurvey, submitSurvey, type Trouble } from './calls';
import { normalizeDossierCode } from './dossier_code';
import { findOnPhone, forget, forgetOnPhone, FORM, readTab, save, type Draft } from './drafts';
import { entryIn, isSameEntry, type Entry } from './entry';
import { chanceOf, newResponseId, receiptOf } from './ids';
import { Patience } from './patience';
import type { OpenSurveyResponse, Question, Response } from './survey';

export type Notice =
  | 'no_link' | 'unknown' | 'answered' | 'not_yet' | 'over' | 'full' | 'refused' | 'offline' | 'busy' | 'broken';

export type View =
  | { at: 'opening' }
  | { at: 'notice'; kind: Notice }
  | { at: 'resume' } // somebody left answers here: go on with them?
  | { at: 'welcome' }
  | { at: 'questions'; screen: number }
  | { at: 'dossier' }
  | { at: 'review' }
  | { at: 'later' } // keep them on this phone?
  | { at: 'sending'; waits: 'no' | 'offline' | 'busy' }
  | { at: 'thanks'; receipt: string; outcome: string };

// What a place of the browser's history says.
interface Place {
  run?: string;
  step?: number;
  behind?: number; // places of this run before it
  later?: boolean;
  thanks?: { receipt: string; outcome: string };
}

const NOTICES: Record<string, Notice> = {
  SURVEY_STATE_ANSWERED: 'answered',
  SURVEY_STATE_NOT_YET: 'not_yet',
  SURVEY_STATE_OVER: 'over',
  SURVEY_STATE_FULL: 'full',
  ROUND_CLOSED: 'over', // while the person answered
};

export class Session {
  view: View = { at: 'opening' };
  opened: OpenSurveyResponse = {};
  questions: Question[] = [];
  screens: Question[][] = [];
  focusOn = ''; // the question to bring into sight; empty: the heading
  language = 'vi';

  private draft: Draft | null = null;
  private found: Draft | null = null; // unfinished answers that the person has not claimed yet
  private readonly patience = new Patience();
  private seenSince: number | null = null;

  constructor(private readonly onChange: () => void) {}

  // Reads the link and the history, and goes on where this tab was. Once.
  start(): void {
    history.scrollRestoration = 'manual';
    window.addEventListener('popstate', () => this.travelled());
    // The same page with another link: begins anew.
    window.addEventListener('hashchange', () => {
      if (entryIn(location.hash) !== null) location.reload();
    });
    document.addEventListener('visibilitychange', () => this.clockOut());
    window.addEventListener('pagehide', () => this.clockOut());
    const entry = entryIn(location.hash);
    const place = placeNow();
    if (location.hash !== '') history.replaceState(null, '', location.pathname);
    const tab = readTab();
    const now = Date.now();
    if (tab !== null && tab.pending !== null) return this.resumeSending(tab);
    if (entry === 'wrong') return this.show({ at: 'notice', kind: 'unknown' });
    if (entry === null) {
      if (place.thanks !== undefined) return this.show({ at: 'thanks', ...place.thanks });
      if (tab !== null) return void this.open(tab, tab.responseId === '' ? findOnPhone(tab.entry, now) : null);
      const kept = findOnPhone(null, now);
      if (kept === null) return this.show({ at: 'notice', kind: 'no_link' });
      if (kept.pending !== null) return this.resumeSending(kept);
      return void this.open(freshDraft(kept.entry), kept);
    }
    const here = tab !== null && isSameEntry(tab.entry, entry) && tab.responseId !== '' ? tab : null;
    const kept = here ?? findOnPhone(entry, now);
    if (kept !== null && kept.pending !== null) return this.resumeSending(kept);
    void this.open(freshDraft(entry), kept);
  }

  // --- What the person does.

  get answers() {
    return this.draft?.answers ?? {};
  }
  get entry(): Entry | null {
    return this.draft?.entry ?? null;
  }
  get dossierCode(): string {
    return this.draft?.dossierCode ?? '';
  }
  get keptLater(): boolean {
    return this.draft?.later === true;
  }
  get foundAt(): number {
    return this.found?.savedAtMs ?? 0;
  }
  missing(): Question[] {
    return this.questions.filter((one) => one.required && !isAnswered(one, this.answers[one.questionId]));
  }
  answeredCount(): number {
    return allSent(this.questions, this.answers).length;
  }

  begin(): void {
    this.change((draft) => {
      if (draft.responseId === '') draft.responseId = newResponseId(Date.now(), chanceOf(10));
    });
    this.clockIn();
    this.go(1);
  }
  resume(): void {
    if (this.found === null) return;
    this.draft = this.found;
    this.found = null;
    this.change(() => {});
    this.clockIn();
    this.setLanguage(this.language);
    this.arrive(Math.max(1, this.draft.step));
  }
  startAnew(): void {
    if (this.found !== null) forget(this.found, Date.now());
    this.found = null;
    this.change(() => {});
    this.arrive(0);
  }
  setLanguage(language: string): void {
    this.language = language;
    this.change((draft) => { draft.language = language; });
    this.onChange();
  }
  touch(question: Question, choice: number): void {
    this.answer(question, touched(question, this.answers[question.questionId], choice));
  }
  notApplicable(question: Question): void {
    const before = this.answers[question.questionId];
    this.answer(question, before?.notApplicable ? {} : { notApplicable: true });
  }
  write(question: Question, text: string): void {
    this.answer(question, { ...this.answers[question.questionId], text });
  }
  typeDossierCode(text: string): void {
    this.change((draft) => { draft.dossierCode = text; });
    this.onChange();
  }
  next(): void {
    this.go((this.draft?.step ?? 0) + 1);
  }
  // By the history, so that the browser's button and ours are one.
  back(): void {
    const place = placeNow();
    const step = this.draft?.step ?? 0;
    if (place.later || (place.behind ?? 0) > 0) history.back();
    else if (step > 0) this.arrive(step - 1);
  }
  goToQuestion(question: Question): void {
    this.focusOn = question.questionId;
    this.go(1 + this.screens.findIndex((screen) => screen.includes(question)));
  }
  askLater(): void {
    history.pushState({ ...placeNow(), later: true }, '');
    this.show({ at: 'later' });
  }
  // False: this browser keeps nothing.
  keepLater(): boolean {
    const draft = this.draft;
    if (draft === null) return false;
    draft.later = true;
    if (save(draft, Date.now())) {
      this.onChange();
      return true;
    }
    draft.later = false;
    return false;
  }
  forgetLater(): void {
    const draft = this.draft;
    if (draft === null) return;
    forgetOnPhone(draft, Date.now());
    this.change(() => { draft.later = false; });
    this.onChange();
  }
  tryNow(): void {
    this.patience.wake();
  }

  // Pressed twice is pressed once.
  send(partial: boolean): void {
    const draft = this.draft;
    if (draft === null || draft.pending !== null || this.answeredCount() === 0) return;
    if (!partial && this.missing().length > 0) return;
    this.clockOut();
    const code = this.opened.asksDossierCode ? normalizeDossierCode(draft.dossierCode) : null;
    const pending: Response = {
      responseId: draft.responseId,
      questionnaireVersion: this.opened.questionnaire?.version ?? 0,
      submittedAt: new Date().toISOString(),
      clockOffsetMs: draft.clockOffsetMs,
      durationMs: Math.round(draft.spentMs),
      answers: allSent(this.questions, draft.answers),
      ...(code === null ? {} : { evidence: { dossierCode: code } }),
      ...(partial ? { partial: true as const } : {}),
    };
    this.change(() => { draft.pending = pending; });
    void this.deliver(draft, pending);
  }

  // --- Steps: 0 is the welcome, then the screens, the dossier code where it is asked, the review.

  get lastStep(): number {
    return this.screens.length + (this.opened.asksDossierCode ? 2 : 1);
  }
  private viewOf(step: number): View {
    if (step <= 0) return { at: 'welcome' };
    if (step <= this.screens.length) return { at: 'questions', screen: step - 1 };
    return step < this.lastStep ? { at: 'dossier' } : { at: 'review' };
  }
  private go(step: number): void {
    const draft = this.draft;
    if (draft === null) return;
    this.change(() => { draft.step = Math.min(step, this.lastStep); });
    history.pushState({ run: draft.run, step: draft.step, behind: (placeNow().behind ?? 0) + 1 }, '');
    this.show(this.viewOf(draft.step));
  }
  // Without a way back to what stood here before.
  private arrive(step: number): void {
    const draft = this.draft;
    if (draft === null) return;
    this.change(() => { draft.step = Math.min(step, this.lastStep); });
    const place = placeNow();
    history.replaceState({ run: draft.run, step: draft.step, behind: place.run === draft.run ? place.behind : 0 }, '');
    this.show(this.viewOf(draft.step));
  }
  private travelled(): void {
    if (location.hash !== '') return; // another link was opened
    const draft = this.draft;
    const place = placeNow();
    if (this.view.at === 'thanks') {
      const { receipt, outcome } = this.view;
      return history.replaceState({ thanks: { receipt, outcome } }, '');
    }
    if (draft === null || draft.pending !== null || ['opening', 'notice', 'resume'].includes(this.view.at)) return;
    if (place.run !== draft.run || place.step === undefined) return this.arrive(draft.step);
    const step = place.step;
    this.change(() => { draft.step = step; });
    this.show(place.later ? { at: 'later' } : this.viewOf(step));
  }

  // --- The server.

  private async open(draft: Draft, found: Draft | null): Promise<void> {
    this.draft = draft;
    this.found = found;
    const wanted = draft.language || found?.language || '';
    this.language = wanted || 'vi';
    this.change(() => {});
    const asked = await this.askUntilAnswered(draft);
    if (asked === null) return;
    this.opened = asked;
    const notice = NOTICES[asked.state ?? ''];
    if (notice !== undefined) {
      if (notice !== 'not_yet') this.settle();
      return this.show({ at: 'notice', kind: notice });
    }
    const questions = questionsOf(asked);
    if (questions === null) return this.show({ at: 'notice', kind: 'broken' });
    this.questions = questions;
    this.screens = screensOf(this.questions);
    const languages = this.languages();
    this.language = languages.includes(wanted) ? wanted : languages[0] ?? 'vi';
    if (found !== null) {
      found.clockOffsetMs = draft.clockOffsetMs;
      return this.show({ at: 'resume' });
    }
    const place = placeNow();
    if (draft.responseId !== '') this.clockIn();
    const here = place.run === draft.run && place.step !== undefined ? place.step : draft.step;
    this.arrive(draft.responseId === '' ? 0 : here);
  }

  languages(): string[] {
    const offered = this.opened.languages ?? [];
    return offered.length > 0 ? offered : ['vi', 'en'];
  }

  // Null: a notice says what came instead.
  private async askUntilAnswered(draft: Draft): Promise<OpenSurveyResponse | null> {
    for (;;) {
      const begun = performance.now();
      try {
        const asked = await openSurvey(draft.entry);
        if (asked.state === undefined) throw new CallError({ kind: 'busy', afterMs: 0 });
        this.patience.rested();
        const server = Date.parse(asked.serverTime ?? '');
        // The server looked at its clock about half way.
        const device = Date.now() - (performance.now() - begun) / 2;
        if (!Number.isNaN(server)) draft.clockOffsetMs = Math.round(server - device);
        return asked;
      } catch (error) {
        const trouble = troubleIn(error);
        if (trouble.kind === 'refused') {
          const unknown = ['not_found', 'invalid_argument'].includes(trouble.code);
          if (unknown) this.settle();
          this.show({ at: 'notice', kind: unknown ? 'unknown' : 'broken' });
          return null;
        }
        this.show({ at: 'notice', kind: trouble.kind });
        await this.patience.wait(trouble.kind === 'busy' ? trouble.afterMs : 0);
        this.show({ at: 'opening' });
      }
    }
  }

  private resumeSending(draft: Draft): void {
    this.draft = draft;
    this.language = draft.language || 'vi';
    void this.deliver(draft, draft.pending as Response);
  }

  // Until the server has it or will not take it. The same every time: what was lost may be the reply to an earlier try.
  private async deliver(draft: Draft, response: Response): Promise<void> {
    this.show({ at: 'sending', waits: 'no' });
    for (;;) {
      try {
        const { outcome } = await submitSurvey({ entry: draft.entry, response });
        if (typeof outcome !== 'string') throw new CallError({ kind: 'busy', afterMs: 0 });
        return this.thank(draft, response, outcome);
      } catch (error) {
        const trouble = troubleIn(error);
        if (trouble.kind === 'refused') return this.refused(draft, trouble);
        this.show({ at: 'sending', waits: trouble.kind });
        await this.patience.wait(trouble.kind === 'busy' ? trouble.afterMs : 0);
      }
    }
  }
  private thank(draft: Draft, response: Response, outcome: string): void {
    forget(draft, Date.now());
    this.draft = null;
    const thanks = { receipt: receiptOf(response.responseId), outcome };
    history.replaceState({ thanks }, '');
    this.show({ at: 'thanks', ...thanks });
  }
  private refused(draft: Draft, trouble: Trouble & { kind: 'refused' }): void {
    // already_exists: another tab that began as a copy of this one has sent its answers.
    const kind = trouble.code === 'already_exists' ? 'answered'
      : trouble.code === 'not_found' ? 'unknown'
      : NOTICES[trouble.reason] ?? 'refused';
    draft.pending = null;
    if (kind === 'refused') save(draft, Date.now());
    else this.settle();
    this.show({ at: 'notice', kind });
  }
  // Nothing can be sent by this entry now: the answers go, the entry stays, so that the page can ask again.
  private settle(): void {
    for (const one of [this.found, this.draft]) if (one !== null) forget(one, Date.now());
    this.found = null;
    if (this.draft === null) return;
    this.draft = freshDraft(this.draft.entry);
    this.change(() => {});
  }
  // After "refused": asks again what is to be answered; the answers are still there.
  openAgain(): void {
    location.reload();
  }

  // --- Time that the page was in sight.

  private clockIn(): void {
    if (this.seenSince === null && document.visibilityState === 'visible') this.seenSince = performance.now();
  }
  private clockOut(): void {
    const since = this.seenSince;
    this.seenSince = null;
    if (since !== null) this.change((draft) => { draft.spentMs += performance.now() - since; });
    if (this.draft !== null && this.draft.responseId !== '' && this.draft.pending === null) this.clockIn();
  }

  private answer(question: Question, answer: Answer): void {
    this.change((draft) => { draft.answers = { ...draft.answers, [question.questionId]: answer }; });
    this.onChange();
  }
  private change(how: (draft: Draft) => void): void {
    if (this.draft === null) return;
    how(this.draft);
    // What is here already must not be written over before the person has decided about it.
    if (this.found === null || this.found.later) save(this.draft, Date.now());
  }
  private show(view: View): void {
    this.view = view;
    this.onChange();
  }
}

function freshDraft(entry: Entry): Draft {
  return {
    form: FORM, entry, run: newResponseId(Date.now(), chanceOf(10)), responseId: '', language: '', answers: {},
    dossierCode: '', spentMs: 0, clockOffsetMs: 0, step: 0, later: false, savedAtMs: 0, pending: null,
  };
}

function placeNow(): Place {
  return (history.state as Place | null) ?? {};
}

function troubleIn(error: unknown): Trouble {
  if (error instanceof CallError) return error.trouble;
  throw error;
}
