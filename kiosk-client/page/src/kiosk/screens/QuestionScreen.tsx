// The start screen is the first question: one touch begins.
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/Button';
import { Choices } from '../../components/Choices';
import { typed, withoutLast } from '../../components/compose';
import { Faces } from '../../components/Faces';
import { AgainIcon, BackIcon, ForwardIcon, ListIcon, ShieldIcon, SlipIcon, WarnIcon } from '../../components/icons';
import { Keyboard } from '../../components/Keyboard';
import { Progress } from '../../components/Progress';
import { keyboardOf, type Words } from '../words';
import type { Answer, Question } from '../screen';
import { Main } from '../../components/Main';
import type { ScreenProps } from './Body';

const TEXT_CHARACTERS_MAX = 500;

// The field; a keyboard on the desk writes into it.
function Field({ text, t, onText }: { text: string; t: Words; onText: (text: string) => void }) {
  return (
    <>
      <label class="unseen" for="text">{t('text.label')}</label>
      <textarea id="text" rows={2} maxLength={TEXT_CHARACTERS_MAX} value={text} placeholder={t('text.private')}
        autocomplete="off" autocorrect="off" autocapitalize="off" spellcheck={false}
        onInput={(event) => onText(event.currentTarget.value)} />
    </>
  );
}

function Keys({ text, language, t, onText }: {
  text: string; language: string; t: Words; onText: (text: string) => void;
}) {
  return (
    <Keyboard planes={keyboardOf(language)} onKey={(key) => onText(typed(text, key))}
      onDelete={() => onText(withoutLast(text))}
      words={{
        delete: t('key.delete'), shift: t('key.shift'), space: t('key.space'),
        tone: (key) => t(`key.tone.0${key.charCodeAt(0).toString(16)}` as 'key.tone.0300'),
      }} />
  );
}

function chosenIn(given: Answer | undefined): number[] {
  if (given?.choices !== undefined) return given.choices.choices;
  return given?.choice ? [given.choice] : [];
}

export function QuestionScreen({ screen, t, send }: ScreenProps) {
  const question = screen.question as Question;
  const given = question.given;
  const several = question.kind === 'QUESTION_KIND_MULTIPLE_CHOICE';
  const writes = question.kind === 'QUESTION_KIND_TEXT';
  const [ticked, setTicked] = useState<number[]>(chosenIn(given));
  const [text, setText] = useState(given?.text ?? '');
  // The option whose text is being written, in place of the options.
  const [writingFor, setWritingFor] = useState(0);
  // What had the focus is gone when the keys come or go.
  useEffect(() => document.querySelector<HTMLElement>('.stage [data-focus]')?.focus({ preventScroll: true }), [writingFor]);
  const start = screen.state === 'START';
  const { questionId } = question;

  const takesText = (choice: number) => question.options[choice - 1]?.allowsText === true;
  const trimmed = text.trim();
  const withText = trimmed !== '' && (writes || ticked.some(takesText)) ? { text: trimmed } : {};

  const choose = (choice: number) => {
    const on = ticked.includes(choice);
    if (several) {
      setTicked(on ? ticked.filter((one) => one !== choice) : [...ticked, choice].sort((a, b) => a - b));
      if (!on && takesText(choice) && !start) setWritingFor(choice);
      return;
    }
    setTicked([choice]);
    // An option that takes a text waits for it; any other decides.
    if (takesText(choice) && !start) return setWritingFor(choice);
    send({ answer: { questionId, choice } });
  };
  const goOn = () => {
    if (writingFor > 0 && several) return setWritingFor(0);
    if (writingFor > 0) return send({ answer: { questionId, choice: writingFor, ...withText } });
    if (several && (ticked.length > 0 || given !== undefined)) {
      return send({ answer: { questionId, choices: { choices: ticked }, ...withText } });
    }
    if (writes && trimmed !== '') return send({ answer: { questionId, ...withText } });
    send({ goOn: { questionId } });
  };
  const goBack = () => {
    if (writingFor === 0) return send({ back: {} });
    setTicked(ticked.filter((one) => one !== writingFor));
    setText('');
    setWritingFor(0);
  };
  const textOpen = writes || writingFor > 0;
  const answered = given !== undefined || ticked.length > 0 || (writes && trimmed !== '');

  const options = question.options.map((option) => ({ label: option.text.text, language: option.text.language }));
  const faces = question.kind === 'QUESTION_KIND_RATING' && options.length === 5;
  const decides = faces || question.kind === 'QUESTION_KIND_RATING' || question.kind === 'QUESTION_KIND_SINGLE_CHOICE';
  const scanned = (
    <>
      {screen.dossier?.verdict === 'WRONG' && (
        <p class="verdict wrong" role="alert"><WarnIcon />{t('dossier.wrong.scan')}</p>
      )}
      {screen.dossier !== undefined && screen.dossier.end !== '' && screen.dossier.verdict !== 'WRONG' && (
        <p class="verdict good"><SlipIcon />{t('dossier.taken', { end: screen.dossier.end })}</p>
      )}
    </>
  );
  const progress = (
    <Progress number={question.number} count={question.count}
      label={t('question.of', { n: question.number, count: question.count })}
      hint={several && !textOpen ? t('several') : ''} />
  );
  const heading = <h1 id="question" tabIndex={-1} data-focus lang={question.text.language}>{question.text.text}</h1>;
  const actions = (
    <footer>
      <Button kind="quiet" icon={<AgainIcon />} onPress={() => send({ leave: {} })}>{t('leave')}</Button>
      {(question.number > 1 || writingFor > 0) && (
        <Button icon={<BackIcon />} onPress={goBack}>{t('back')}</Button>
      )}
      {question.required && !answered ? (
        <p class="promise">{t('required')}</p>
      ) : (
        <Button kind={answered ? 'main' : 'plain'} iconAfter={<ForwardIcon />} onPress={goOn}>
          {t(answered ? 'continue' : 'skip')}
        </Button>
      )}
    </footer>
  );
  if (textOpen && !start) {
    const write = (next: string) => setText(next.slice(0, TEXT_CHARACTERS_MAX));
    return (
      <Main kind="writing" more={t('more')}>
        <div class="sheet">
          <div>
            {progress}
            {heading}
            {writingFor > 0 && (
              <p class="hint" lang={options[writingFor - 1]?.language}>{options[writingFor - 1]?.label}</p>
            )}
            <Field text={text} t={t} onText={write} />
            {scanned}
          </div>
          {actions}
        </div>
        <Keys text={text} language={screen.language} t={t} onText={write} />
      </Main>
    );
  }
  return (
    <>
      <Main more={t('more')}>
        {start && screen.notice !== undefined && (
          <p class="notice" lang={screen.notice.language}>{screen.notice.text}</p>
        )}
        {!start && progress}
        {heading}
        {start && decides && <p class="hint">{t(faces ? 'start.hint' : 'start.hint.button')}</p>}
        {start && several && <p class="hint">{t('several')}</p>}
        {textOpen ? null : faces ? (
          <Faces options={options} chosen={ticked[0]} labelledBy="question" onChoose={choose} />
        ) : (
          <Choices options={options} chosen={ticked} several={several} labelledBy="question" onChoose={choose} />
        )}
        {question.allowsNotApplicable && (
          <div class="beside">
            <Button pressed={given?.notApplicable === true}
              onPress={() => send({ answer: { questionId, notApplicable: true } })}>
              {t('not_applicable')}
            </Button>
          </div>
        )}
        {scanned}
      </Main>
      {start ? (
        <footer>
          <p class="promise"><ShieldIcon />{t('start.anonymous')}</p>
          {!decides && <Button kind="main" onPress={() => send({ begin: {} })}>{t('start.begin')}</Button>}
          {screen.longer !== undefined && (
            <Button kind="quiet" icon={<ListIcon />} onPress={() => send({ askLonger: {} })}>
              {t('longer')} <small>({t('longer.more', { n: screen.longer.questions })})</small>
            </Button>
          )}
        </footer>
      ) : actions}
    </>
  );
}
