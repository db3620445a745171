import { Button } from '../../components/Button';
import { AgainIcon, BackIcon, CheckIcon, ListIcon, SlipIcon, WarnIcon } from '../../components/icons';
import { Main } from '../../components/Main';
import type { ScreenProps } from './Body';

export function FinishScreen({ screen, t, send }: ScreenProps) {
  const end = screen.dossier?.end ?? '';
  return (
    <>
      <Main more={t('more')}>
        <h1 tabIndex={-1} data-focus>{t('finish.title')}</h1>
        <p class="lead">{t(screen.canSend ? 'finish.text' : 'finish.none')}</p>
        {screen.canSend && (
          <div class="send">
            <Button kind="main" icon={<CheckIcon />} onPress={() => send({ send: {} })}>{t('finish.send')}</Button>
          </div>
        )}
        <div class="more">
          <Button icon={<SlipIcon />} onPress={() => send({ openDossier: {} })}>
            {end === '' ? t('dossier.add') : t('dossier.change')}
            <small>{end === '' ? `${t('dossier.optional')}, ${t('dossier.scan')}` : t('dossier.taken', { end })}</small>
          </Button>
          {screen.longer !== undefined && (
            <Button icon={<ListIcon />} onPress={() => send({ askLonger: {} })}>
              {t('longer')}
              <small>{t('longer.more', { n: screen.longer.questions })}</small>
            </Button>
          )}
        </div>
        {screen.dossier?.verdict === 'WRONG' && (
          <p class="verdict wrong" role="alert"><WarnIcon />{t('dossier.wrong.scan')}</p>
        )}
      </Main>
      <footer>
        <Button kind="quiet" icon={<AgainIcon />} onPress={() => send({ leave: {} })}>{t('leave')}</Button>
        <Button icon={<BackIcon />} onPress={() => send({ back: {} })}>{t('back')}</Button>
      </footer>
    </>
  );
}
