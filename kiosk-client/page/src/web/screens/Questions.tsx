// One screen of questions. Nothing is demanded here; what is required and missing is said before sending.
import { Button } from '../../components/Button';
import { Choices } from '../../components/Choices';
import { Faces } from '../../components/Faces';
import { BackIcon, CheckIcon, ForwardIcon } from '../../components/icons';
import { Progress } from '../../components/Progress';
import { TEXT_CHARACTERS_MAX, type Answer } from '../answers';
import type { ScreenProps } from '../App';
import { textIn, type Question } from '../survey';
import type { Words } from '../words';

const LEFT_SAID = 100; // characters left from which on a screen reader hears the count
const NARROW_WORD_MAX = 9; // letters that fit below a face when five stand in a row

function Writing({ question, label, text, t, onText }: {
  question: Question; label: string; text: string; t: Words; onText: (text: string) => void;
}) {
  const id = `text-${question.questionId}`;
  const left = TEXT_CHARACTERS_MAX - text.length;
  return (
    <div class="writing">
      <label for={id}>{label}</label>
      <textarea id={id} rows={4} maxLength={TEXT_CHARACTERS_MAX} value={text} aria-describedby={`${id}-hint`}
        autocomplete="off" onInput={(event) => onText(event.currentTarget.value)} />
      <p id={`${id}-hint`} class="hint">{t('text.private')}</p>
      <p class="hint counter" aria-hidden="true">{t('text.count', { n: text.length, max: TEXT_CHARACTERS_MAX })}</p>
      <p class="unseen" role="status">{left <= LEFT_SAID ? t('text.left', { n: left }) : ''}</p>
    </div>
  );
}

function chosenIn(answer: Answer | undefined): number[] {
  if (answer?.choices !== undefined) return answer.choices;
  return answer?.choice !== undefined ? [answer.choice] : [];
}

function OneQuestion({ session, t, question, number }: ScreenProps & { question: Question; number: number }) {
  const { language } = session;
  const { questionId, kind } = question;
  const answer = session.answers[questionId];
  const chosen = chosenIn(answer);
  const several = kind === 'QUESTION_KIND_MULTIPLE_CHOICE';
  const heading = `q-${questionId}`;
  const title = textIn(question.text, language);
  const options = (question.options ?? []).map((one) => {
    const { text, language: spoken } = textIn(one.text, language);
    return { label: text, language: spoken };
  });
  const writesFor = chosen.find((one) => question.options?.[one - 1]?.allowsText === true);
  const faces = kind === 'QUESTION_KIND_RATING' && options.length === 5;
  const wide = options.some((one) => one.label.split(/\s+/).some((word) => word.length > NARROW_WORD_MAX));
  const choose = (choice: number) => session.touch(question, choice);
  const beside = question.allowsNotApplicable || several;
  return (
    <section class="question">
      <h2 id={heading} tabIndex={-1}>
        <span class="number">{number}.</span> <span lang={title.language}>{title.text}</span>
        {question.required && <span class="required">{t('required.mark')}</span>}
      </h2>
      {several && <p class="hint">{t('several')}</p>}
      {kind === 'QUESTION_KIND_TEXT' ? (
        <Writing question={question} label={t('text.label')} text={answer?.text ?? ''} t={t}
          onText={(text) => session.write(question, text)} />
      ) : faces ? (
        <Faces options={options} chosen={chosen[0]} labelledBy={heading} rows={wide} onChoose={choose} />
      ) : (
        <Choices options={options} chosen={chosen} several={several} labelledBy={heading} onChoose={choose} />
      )}
      {beside && (
        <div class="beside" role="group" aria-labelledby={heading}>
          {several && (
            <button type="button" class="choice" role="checkbox" aria-checked={answer?.choices?.length === 0}
              onClick={() => session.touch(question, 0)}>
              <span class="mark square" aria-hidden="true">{answer?.choices?.length === 0 && <CheckIcon />}</span>
              <span>{t('none')}</span>
            </button>
          )}
          {question.allowsNotApplicable && (
            <Button pressed={answer?.notApplicable === true} onPress={() => session.notApplicable(question)}>
              {t('not_applicable')}
            </Button>
          )}
        </div>
      )}
      {writesFor !== undefined && (
        <Writing question={question} label={options[writesFor - 1]?.label ?? ''} text={answer?.text ?? ''} t={t}
          onText={(text) => session.write(question, text)} />
      )}
    </section>
  );
}

export function Questions({ session, t, number }: ScreenProps & { number: number }) {
  const screen = session.screens[number] ?? [];
  const first = session.screens.slice(0, number).reduce((sum, one) => sum + one.length, 0);
  const count = session.screens.length;
  const answered = session.answeredCount();
  return (
    <main>
      <Progress number={answered} count={session.questions.length} hint=""
        label={t('part.answered', { n: answered, count: session.questions.length })} />
      <h1 tabIndex={-1} data-focus>{count === 1 ? t('part.only') : t('part', { n: number + 1, count })}</h1>
      {screen.map((question, i) => (
        <OneQuestion key={question.questionId} session={session} t={t} question={question} number={first + i + 1} />
      ))}
      <div class="actions">
        <Button icon={<BackIcon />} onPress={() => session.back()}>{t('back')}</Button>
        <Button kind="main" iconAfter={<ForwardIcon />} onPress={() => session.next()}>{t('continue')}</Button>
      </div>
      <div class="actions aside">
        <Button kind="quiet" onPress={() => session.askLater()}>
          {t(session.keptLater ? 'later.kept' : 'later.ask')}
        </Button>
      </div>
    </main>
  );
}
