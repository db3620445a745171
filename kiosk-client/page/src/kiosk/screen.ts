// What the program says stands on the screen, and what the page may tell it: screen.proto in TypeScript.

export interface Text {
  text: string;
  language: string;
}

export interface Answer {
  questionId: string;
  choice?: number;
  choices?: { choices: number[] };
  notApplicable?: boolean;
  text?: string;
}

export type Kind =
  | 'QUESTION_KIND_RATING'
  | 'QUESTION_KIND_SINGLE_CHOICE'
  | 'QUESTION_KIND_MULTIPLE_CHOICE'
  | 'QUESTION_KIND_TEXT';

export interface Question {
  questionId: string;
  kind: Kind;
  text: Text;
  options: { text: Text; allowsText: boolean }[];
  required: boolean;
  allowsNotApplicable: boolean;
  number: number;
  count: number;
  given?: Answer;
}

export type State =
  | 'OUT_OF_SERVICE'
  | 'START'
  | 'QUESTION'
  | 'FINISH'
  | 'DOSSIER'
  | 'SENDING'
  | 'THANKS'
  | 'FAILURE'
  | 'PAUSED'
  | 'STAFF_PIN'
  | 'STAFF_CARD';

export interface Staff {
  waiting: string;
  setAside: string;
  lastContactMs: string;
  version: string;
  alarm: string;
  counter: string;
  collectorId: string;
}

export interface Screen {
  revision: string;
  state: State;
  warning: boolean;
  countdownSeconds: number;
  language: string;
  languages: string[];
  highContrast: boolean;
  largeText: boolean;
  provinceName: string;
  unitName: string;
  notice?: Text;
  question?: Question;
  dossier?: { verdict: 'NONE' | 'UNFINISHED' | 'WRONG' | 'GOOD'; end: string };
  longer?: { title?: Text; questions: number };
  canSend: boolean;
  receipt: string;
  canLeave: boolean;
  reason: 'REASON_UNSPECIFIED' | 'NO_SETTINGS' | 'NO_ROUND' | 'STORAGE';
  paused: boolean;
  pinWrong: boolean;
  staff?: Staff;
}

type Nothing = Record<string, never>;

export type Event =
  | { touch: Nothing }
  | { begin: Nothing }
  | { answer: Answer }
  | { goOn: { questionId: string } }
  | { back: Nothing }
  | { askLonger: Nothing }
  | { openDossier: Nothing }
  | { typeDossier: { text: string } }
  | { enterDossier: { text: string } }
  | { scan: { text: string } }
  | { send: Nothing }
  | { leave: Nothing }
  | { done: Nothing }
  | { setLanguage: { tag: string } }
  | { setContrast: { on: boolean } }
  | { setTextSize: { on: boolean } }
  | { openStaff: Nothing }
  | { enterPin: { text: string } }
  | { closeStaff: Nothing }
  | { setCounter: { text: string } }
  | { pause: Nothing }
  | { resume: Nothing };

export type Send = (event: Event) => void;
