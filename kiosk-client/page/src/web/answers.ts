// What was answered, how a questionnaire is laid out on screens, and what is sent.
import type { OpenSurveyResponse, Question, SentAnswer } from './survey';

// At most one of the first three. The text is kept while another option is tried, and sent only where one takes it.
export interface Answer {
  choice?: number;
  choices?: number[]; // empty: "none of these"
  notApplicable?: true;
  text?: string;
}
export type Answers = Record<string, Answer>;

export const TEXT_CHARACTERS_MAX = 1000; // the server takes 4000 bytes
const SCREEN_QUESTIONS_AIM = 8;
const SCREEN_QUESTIONS_MAX = 12;

// The questions to ask, in order. Null: there are none, or the form is none of the questionnaire's.
export function questionsOf(opened: OpenSurveyResponse): Question[] | null {
  const all = opened.questionnaire?.questions ?? [];
  let asked = all;
  if (opened.formId) {
    const form = (opened.questionnaire?.forms ?? []).find((one) => one.formId === opened.formId);
    if (form === undefined) return null;
    const byId = new Map(all.map((one): [string, Question] => [one.questionId, one]));
    asked = [];
    for (const id of form.questionIds ?? []) {
      const question = byId.get(id);
      if (question !== undefined) asked.push(question);
    }
  }
  const left = asked.filter((one) => one.questionId !== opened.knownQuestionId);
  return left.length > 0 ? left : null;
}

const partOf = (question: Question): string => (question.section ?? '').split('.')[0] ?? '';

// A screen is a section; short neighbours of one part ("B" of "B.3") share a screen, and a long one gets several alike.
export function screensOf(questions: Question[]): Question[][] {
  const sections: Question[][] = [];
  for (const question of questions) {
    const last = sections[sections.length - 1];
    if (last !== undefined && (last[0]?.section ?? '') === (question.section ?? '')) last.push(question);
    else sections.push([question]);
  }
  const screens: Question[][] = [];
  for (const section of sections) {
    const last = screens[screens.length - 1];
    const first = section[0] as Question;
    if (last !== undefined && partOf(last[0] as Question) === partOf(first)
        && last.length + section.length <= SCREEN_QUESTIONS_AIM) {
      last.push(...section);
      continue;
    }
    const count = Math.ceil(section.length / SCREEN_QUESTIONS_MAX);
    for (let i = 0; i < count; ++i) {
      const at = (part: number) => Math.floor((part * section.length) / count);
      screens.push(section.slice(at(i), at(i + 1)));
    }
  }
  return screens;
}

export function isAnswered(question: Question, answer: Answer | undefined): boolean {
  return sent(question, answer) !== null;
}

// An answer as it is sent; null: there is none, or none that this question takes (the questionnaire may have changed
// since an unfinished answer was kept).
export function sent(question: Question, answer: Answer | undefined): SentAnswer | null {
  if (answer === undefined) return null;
  const { questionId, kind } = question;
  const options = question.options ?? [];
  const exists = (choice: number) => choice >= 1 && choice <= options.length;
  const text = (answer.text ?? '').trim().slice(0, TEXT_CHARACTERS_MAX);
  const withText = (chosen: number[]): { text?: string } =>
    text !== '' && chosen.some((one) => options[one - 1]?.allowsText === true) ? { text } : {};
  if (answer.notApplicable) return question.allowsNotApplicable ? { questionId, notApplicable: true } : null;
  switch (kind) {
    case 'QUESTION_KIND_TEXT':
      return text === '' ? null : { questionId, text };
    case 'QUESTION_KIND_MULTIPLE_CHOICE':
      if (answer.choices === undefined || !answer.choices.every(exists)) return null;
      return { questionId, choices: { choices: answer.choices }, ...withText(answer.choices) };
    default:
      if (answer.choice === undefined || !exists(answer.choice)) return null;
      return { questionId, choice: answer.choice, ...withText([answer.choice]) };
  }
}

export function allSent(questions: Question[], answers: Answers): SentAnswer[] {
  const list: SentAnswer[] = [];
  for (const question of questions) {
    const one = sent(question, answers[question.questionId]);
    if (one !== null) list.push(one);
  }
  return list;
}

// Touching option `choice`: touching the chosen one again takes it back. 0 of several is "none of these".
export function touched(question: Question, before: Answer | undefined, choice: number): Answer {
  const text = before?.text !== undefined ? { text: before.text } : {};
  if (question.kind !== 'QUESTION_KIND_MULTIPLE_CHOICE') {
    return before?.choice === choice ? text : { choice, ...text };
  }
  const chosen = before?.choices;
  if (choice === 0) return chosen !== undefined && chosen.length === 0 ? text : { choices: [], ...text };
  if (chosen === undefined) return { choices: [choice], ...text };
  if (!chosen.includes(choice)) return { choices: [...chosen, choice].sort((a, b) => a - b), ...text };
  const rest = chosen.filter((one) => one !== choice);
  return rest.length > 0 ? { choices: rest, ...text } : text;
}
