// Before sending: how much was answered, and what is required and missing.
import { useRef, useState } from 'preact/hooks';
import { Button } from '../../components/Button';
import { BackIcon, CheckIcon, WarnIcon } from '../../components/icons';
import type { ScreenProps } from '../App';
import { normalizeDossierCode } from '../dossier_code';
import { textIn } from '../survey';

export function Review({ session, t }: ScreenProps) {
  const [tried, setTried] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const answered = session.answeredCount();
  const missing = session.missing();
  const code = session.opened.asksDossierCode ? normalizeDossierCode(session.dossierCode) : null;
  const send = () => {
    if (missing.length === 0) return session.send(false);
    setTried(true);
    list.current?.focus();
  };
  return (
    <main>
      <h1 tabIndex={-1} data-focus>{t('review.title')}</h1>
      <p class="lead">
        {t(answered === 0 ? 'finish.none' : 'review.answered', { n: answered, count: session.questions.length })}
      </p>
      {code !== null && <p>{t('review.dossier', { end: code.slice(-4) })}</p>}
      {missing.length > 0 && (
        <div class={`missing ${tried ? 'tried' : ''}`} ref={list} tabIndex={-1} role="group" aria-labelledby="missing">
          <h2 id="missing"><WarnIcon />{t('review.missing', { n: missing.length })}</h2>
          <ul>
            {missing.map((question) => {
              const text = textIn(question.text, session.language);
              return (
                <li key={question.questionId}>
                  <button type="button" class="button quiet" lang={text.language}
                    onClick={() => session.goToQuestion(question)}>
                    {text.text}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      )}
      <p class="unseen" role="alert">{tried && missing.length > 0 ? t('review.cannot', { n: missing.length }) : ''}</p>
      <div class="actions">
        <Button icon={<BackIcon />} onPress={() => session.back()}>{t('back')}</Button>
        {answered > 0 && (
          <Button kind={missing.length === 0 ? 'main' : 'plain'} icon={<CheckIcon />} onPress={send}>
            {t('finish.send')}
          </Button>
        )}
        {answered > 0 && missing.length > 0 && session.opened.keepsPartial && (
          <Button onPress={() => session.send(true)}>{t('review.partial')}</Button>
        )}
      </div>
    </main>
  );
}
