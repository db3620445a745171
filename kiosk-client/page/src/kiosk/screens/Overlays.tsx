// What covers the screen: nothing of it shows through.
import { Button } from '../../components/Button';
import { Countdown } from '../../components/Countdown';
import type { Words } from '../words';
import type { Screen, Send } from '../screen';

export function Warning({ screen, t, send }: { screen: Screen; t: Words; send: Send }) {
  return (
    <div class="overlay" role="dialog" aria-modal="true" aria-labelledby="warning"
      onClick={() => send({ touch: {} })}>
      <h1 id="warning" tabIndex={-1} data-focus>{t('warning.title')}</h1>
      <Countdown seconds={screen.countdownSeconds} of={t('warning.text')}
        spoken={(n) => t('seconds', { n })} />
      {/* A touch beside the buttons is somebody who is still there; on "someone else" it is not. */}
      <div class="actions" onClick={(event) => event.stopPropagation()}>
        <Button kind="main" onPress={() => send({ touch: {} })}>{t('warning.stay')}</Button>
        <Button onPress={() => send({ leave: {} })}>{t('warning.new')}</Button>
      </div>
    </div>
  );
}

export function Lost({ t }: { t: Words }) {
  return (
    <main class="overlay">
      <div class="spinner" aria-hidden="true" />
      <h1 tabIndex={-1} data-focus>{t('lost.title')}</h1>
      <p role="status">{t('lost.text')}</p>
    </main>
  );
}
