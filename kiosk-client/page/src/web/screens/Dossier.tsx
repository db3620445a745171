import { useRef, useState } from 'preact/hooks';
import { Button } from '../../components/Button';
import { BackIcon, CheckIcon, ForwardIcon, WarnIcon } from '../../components/icons';
import type { ScreenProps } from '../App';
import { normalizeDossierCode } from '../dossier_code';

const CHARACTERS_MAX = 60;

export function Dossier({ session, t }: ScreenProps) {
  const [wrong, setWrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const text = session.dossierCode;
  const good = normalizeDossierCode(text) !== null;
  const empty = text.trim() === '';
  const goOn = () => {
    if (good || empty) {
      if (empty) session.typeDossierCode('');
      return session.next();
    }
    setWrong(true);
    input.current?.focus();
  };
  const shown = wrong && !good && !empty;
  return (
    <main>
      <h1 tabIndex={-1} data-focus>{t('dossier.question')}</h1>
      <p>{t('dossier.why')}</p>
      <div class="field">
        <label for="code">{t('dossier.label')}</label>
        <input id="code" ref={input} type="text" value={text} maxLength={CHARACTERS_MAX} aria-invalid={shown}
          aria-describedby="verdict" autocomplete="off" autocorrect="off" autocapitalize="characters" spellcheck={false}
          onInput={(event) => {
            setWrong(false);
            session.typeDossierCode(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') goOn();
          }} />
        <p id="verdict" class={`verdict ${good ? 'good' : shown ? 'wrong' : ''}`} role={shown ? 'alert' : 'status'}>
          {good ? <><CheckIcon />{t('dossier.good')}</>
            : shown ? <><WarnIcon />{t('dossier.wrong')}</>
            : t(empty ? 'dossier.example' : 'dossier.unfinished')}
        </p>
      </div>
      <div class="actions">
        <Button icon={<BackIcon />} onPress={() => session.back()}>{t('back')}</Button>
        <Button kind="main" iconAfter={<ForwardIcon />} onPress={goOn}>
          {t(empty ? 'dossier.without' : 'continue')}
        </Button>
        {shown && (
          <Button onPress={() => {
            session.typeDossierCode('');
            session.next();
          }}>
            {t('dossier.without')}
          </Button>
        )}
      </div>
    </main>
  );
}
