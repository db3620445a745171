// Screens that say something.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/Button';
import { AgainIcon, BackIcon, CheckIcon, WarnIcon } from '../../components/icons';
import type { ScreenProps } from '../App';
import type { Notice } from '../session';
import type { Words } from '../words';

function Said({ kind, icon, title, children }: {
  kind: string; icon?: ComponentChildren; title: string; children?: ComponentChildren;
}) {
  return (
    <main class={`notice ${kind}`}>
      {icon !== undefined && <div class="sign" aria-hidden="true">{icon}</div>}
      <h1 tabIndex={-1} data-focus>{title}</h1>
      {children}
    </main>
  );
}

// Alike in every language of Vietnam, and by every browser.
function timeOf(time: string | number): string {
  const at = new Date(time);
  const two = (value: number) => `0${value}`.slice(-2);
  return `${two(at.getHours())}:${two(at.getMinutes())}, ${at.getDate()}/${at.getMonth() + 1}/${at.getFullYear()}`;
}

export function Opening({ t }: ScreenProps) {
  return <Said kind="opening" title={t('title')}><p role="status">{t('opening')}</p></Said>;
}

export function Notices({ session, t, kind }: ScreenProps & { kind: Notice }) {
  const { opensAt } = session.opened;
  const kept = kind === 'not_yet' && Object.keys(session.answers).length > 0;
  const waits = kind === 'offline' || kind === 'busy';
  const failed = waits || kind === 'unknown' || kind === 'broken' || kind === 'refused';
  const icon = kind === 'answered' ? <CheckIcon /> : failed ? <WarnIcon /> : undefined;
  return (
    <Said kind={kind} icon={icon} title={t(`${kind}.title`)}>
      <p class="lead">{t(kept ? 'not_yet.kept' : `${kind}.text`)}</p>
      {kind === 'not_yet' && opensAt !== undefined && (
        <p class="lead">{t('not_yet.when', { time: timeOf(opensAt) })}</p>
      )}
      {waits && (
        <div class="actions">
          <Button kind="main" icon={<AgainIcon />} onPress={() => session.tryNow()}>{t('try')}</Button>
        </div>
      )}
      {(kind === 'refused' || kind === 'broken' || kept) && (
        <div class="actions">
          <Button kind="main" icon={<AgainIcon />} onPress={() => session.openAgain()}>{t('open_again')}</Button>
        </div>
      )}
    </Said>
  );
}

export function Resume({ session, t }: ScreenProps) {
  return (
    <Said kind="resume" title={t('resume.title')}>
      <p class="lead">{t('resume.text', { time: timeOf(session.foundAt) })}</p>
      <div class="actions">
        <Button kind="main" onPress={() => session.resume()}>{t('resume.go_on')}</Button>
        <Button onPress={() => session.startAnew()}>{t('resume.anew')}</Button>
      </div>
    </Said>
  );
}

function Keep({ session, t, kind }: ScreenProps & { kind: 'main' | 'plain' }) {
  const [failed, setFailed] = useState(false);
  if (session.keptLater) {
    return (
      <>
        <p class="lead" role="status">{t('later.done')}</p>
        <Button onPress={() => session.forgetLater()}>{t('later.forget')}</Button>
      </>
    );
  }
  return (
    <>
      {failed && <p class="verdict wrong" role="alert">{t('later.failed')}</p>}
      <Button kind={kind} onPress={() => setFailed(!session.keepLater())}>{t('later.keep')}</Button>
    </>
  );
}

export function Later({ session, t }: ScreenProps) {
  return (
    <Said kind="later" title={t('later.title')}>
      <p class="lead">{t('later.text')}</p>
      <p class="lead">{t('later.shared')}</p>
      <div class="actions">
        <Keep session={session} t={t} kind="main" />
        <Button icon={<BackIcon />} onPress={() => session.back()}>{t('later.back')}</Button>
      </div>
    </Said>
  );
}

export function Sending({ session, t, waits }: ScreenProps & { waits: 'no' | 'offline' | 'busy' }) {
  if (waits === 'no') {
    return <Said kind="sending" icon={<div class="spinner" />} title={t('sending.title')} />;
  }
  return (
    <Said kind="waiting" icon={<WarnIcon />} title={t(`waiting.${waits}`)}>
      <p class="lead">{t('waiting.text')}</p>
      <div class="actions">
        <Button kind="main" icon={<AgainIcon />} onPress={() => session.tryNow()}>{t('try')}</Button>
        <Keep session={session} t={t} kind="plain" />
      </div>
      {!session.keptLater && <p>{t('later.shared')}</p>}
    </Said>
  );
}

function thanksFor(outcome: string, t: Words): string {
  if (outcome === 'OUTCOME_RECORDED_LATE') return t('thanks.late');
  if (outcome === 'OUTCOME_RECORDED_NOT_COUNTED') return t('thanks.another');
  return t('thanks.text');
}

export function Thanks({ t, receipt, outcome }: ScreenProps & { receipt: string; outcome: string }) {
  return (
    <Said kind="thanks" icon={<CheckIcon />} title={t('thanks.title')}>
      <p class="lead">{thanksFor(outcome, t)}</p>
      <p class="receipt">{t('thanks.receipt')} <strong>{receipt}</strong></p>
      <p>{t('thanks.close')}</p>
    </Said>
  );
}
