// Screens that say something and wait.
import type { ComponentChildren } from 'preact';
import { Button } from '../../components/Button';
import { Countdown } from '../../components/Countdown';
import { CheckIcon, WarnIcon } from '../../components/icons';
import { Main } from '../../components/Main';
import type { ScreenProps } from './Body';

function Notice({ kind, icon, title, more, children }: {
  kind: string; icon?: ComponentChildren; title: string; more: string; children?: ComponentChildren;
}) {
  return (
    <Main kind={`said ${kind}`} more={more}>
      {icon !== undefined && <div class="sign" aria-hidden="true">{icon}</div>}
      <h1 tabIndex={-1} data-focus>{title}</h1>
      {children}
    </Main>
  );
}

function Leaving({ screen, t, send }: ScreenProps) {
  return (
    <>
      <Countdown seconds={screen.countdownSeconds} of={t('back_in')} spoken={(n) => t('seconds', { n })} />
      <div class="actions">
        {screen.canLeave && <Button kind="main" onPress={() => send({ done: {} })}>{t('done')}</Button>}
      </div>
    </>
  );
}

export function Sending({ t }: ScreenProps) {
  return <Notice kind="sending" icon={<div class="spinner" />} title={t('sending.title')} more={t('more')} />;
}

export function Thanks(props: ScreenProps) {
  const { screen, t } = props;
  return (
    <Notice kind="thanks" icon={<CheckIcon />} title={t('thanks.title')} more={t('more')}>
      <p class="lead">{t('thanks.text')}</p>
      <p class="receipt">{t('thanks.receipt')} <strong>{screen.receipt}</strong></p>
      <Leaving {...props} />
    </Notice>
  );
}

export function Failure(props: ScreenProps) {
  return (
    <Notice kind="failure" icon={<WarnIcon />} title={props.t('failure.title')} more={props.t('more')}>
      <p class="lead">{props.t('failure.text')}</p>
      <Leaving {...props} />
    </Notice>
  );
}

export function OutOfService({ screen, t }: ScreenProps) {
  const why = { NO_SETTINGS: 'out.no_settings', NO_ROUND: 'out.no_round', STORAGE: 'out.storage' } as const;
  return (
    <Notice kind="out" icon={<WarnIcon />} title={t('out.title')} more={t('more')}>
      <p class="lead">{screen.reason !== 'REASON_UNSPECIFIED' && t(why[screen.reason])}</p>
    </Notice>
  );
}

export function Paused({ t }: ScreenProps) {
  return (
    <Notice kind="out" title={t('paused.title')} more={t('more')}>
      <p class="lead">{t('paused.text')}</p>
    </Notice>
  );
}
