// A dossier code by keypad, keyboard or scanner; judged by the program at each key.
import { useState } from 'preact/hooks';
import { Button } from '../../components/Button';
import { withoutLast } from '../../components/compose';
import { BackIcon, CheckIcon, WarnIcon } from '../../components/icons';
import { Keypad } from '../../components/Keypad';
import { Main } from '../../components/Main';
import type { ScreenProps } from './Body';

const CHARACTERS_MAX = 60;

export function DossierScreen({ screen, t, send }: ScreenProps) {
  const [text, setText] = useState('');
  const set = (next: string) => {
    const kept = next.slice(0, CHARACTERS_MAX);
    setText(kept);
    send({ typeDossier: { text: kept } });
  };
  const enter = () => send({ enterDossier: { text } });
  const verdict = screen.dossier?.verdict ?? 'NONE';
  return (
    <>
      <Main kind="split" more={t('more')}>
        <div>
          <h1 tabIndex={-1} data-focus>{t('dossier.title')}</h1>
          <label class="unseen" for="code">{t('dossier.label')}</label>
          <input id="code" type="text" class="code" value={text} maxLength={CHARACTERS_MAX} aria-describedby="verdict"
            autocomplete="off" autocorrect="off" autocapitalize="characters" spellcheck={false}
            onInput={(event) => set(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') enter();
            }} />
          <p id="verdict" class={`verdict ${verdict.toLowerCase()}`} role="status">
            {verdict === 'GOOD' && <><CheckIcon />{t('dossier.good')}</>}
            {verdict === 'WRONG' && <><WarnIcon />{t('dossier.wrong')}</>}
            {verdict === 'UNFINISHED' && t('dossier.unfinished')}
            {verdict === 'NONE' && t('dossier.example')}
          </p>
          <p class="hint">{t('dossier.why')}</p>
        </div>
        <Keypad letters words={{ delete: t('key.delete'), letters: t('key.letters'), digits: t('key.digits') }}
          onKey={(key) => set(text + key)} onDelete={() => set(withoutLast(text))} />
      </Main>
      <footer>
        <Button icon={<BackIcon />} onPress={() => send({ back: {} })}>{t('back')}</Button>
        <Button kind={text === '' ? 'plain' : 'main'} onPress={enter}>
          {t(text === '' ? 'dossier.without' : 'dossier.enter')}
        </Button>
      </footer>
    </>
  );
}
