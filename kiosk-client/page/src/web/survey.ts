// The messages of survey_service.proto as JSON has them: what is empty is left out.
import type { Entry } from './entry';

export interface LocalizedText {
  vi?: string;
  en?: string;
  other?: Record<string, string>;
}

export interface Option {
  text?: LocalizedText;
  allowsText?: boolean;
}

export interface Question {
  questionId: string;
  kind:
    | 'QUESTION_KIND_RATING'
    | 'QUESTION_KIND_SINGLE_CHOICE'
    | 'QUESTION_KIND_MULTIPLE_CHOICE'
    | 'QUESTION_KIND_TEXT';
  text?: LocalizedText;
  options?: Option[];
  required?: boolean;
  allowsNotApplicable?: boolean;
  section?: string;
}

export interface Questionnaire {
  version?: number;
  questions?: Question[];
  forms?: { formId: string; questionIds?: string[] }[];
}

export type SurveyState =
  | 'SURVEY_STATE_OPEN'
  | 'SURVEY_STATE_ANSWERED'
  | 'SURVEY_STATE_NOT_YET'
  | 'SURVEY_STATE_OVER'
  | 'SURVEY_STATE_FULL';

export interface OpenSurveyResponse {
  state?: SurveyState;
  title?: LocalizedText;
  unitName?: string;
  provinceName?: string;
  opensAt?: string;
  closesAt?: string;
  questionnaire?: Questionnaire;
  formId?: string;
  languages?: string[];
  knownQuestionId?: string;
  asksDossierCode?: boolean;
  keepsPartial?: boolean;
  synthetic?: boolean;
  serverTime?: string;
}

// collection_service.proto's Answer.
export interface SentAnswer {
  questionId: string;
  choice?: number;
  choices?: { choices: number[] };
  notApplicable?: true;
  text?: string;
}

export interface Response {
  responseId: string;
  questionnaireVersion: number;
  submittedAt: string;
  clockOffsetMs: number;
  durationMs: number;
  evidence?: { dossierCode: string };
  answers: SentAnswer[];
  partial?: true;
}

export interface SubmitSurveyRequest {
  entry: Entry;
  response: Response;
}

export interface SubmitSurveyResponse {
  outcome?: string;
  receipt?: { firstOutcome?: string };
}

export function textIn(text: LocalizedText | undefined, language: string): { text: string; language: string } {
  const own = language === 'vi' ? text?.vi : language === 'en' ? text?.en : text?.other?.[language];
  return own ? { text: own, language } : { text: text?.vi ?? '', language: 'vi' };
}
