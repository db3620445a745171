// For the staff: how the machine is. Nothing here says what anybody answered.
import { useState } from 'preact/hooks';
import { Button } from '../../components/Button';
import { withoutLast } from '../../components/compose';
import { BackIcon, WarnIcon } from '../../components/icons';
import { Keypad } from '../../components/Keypad';
import { Main } from '../../components/Main';
import type { ScreenProps } from './Body';
import type { Staff } from '../screen';

const PIN_DIGITS_MAX = 12;
const COUNTER_CHARACTERS_MAX = 16;

export function StaffPin({ screen, t, send }: ScreenProps) {
  const [pin, setPin] = useState('');
  const enter = () => {
    send({ enterPin: { text: pin } });
    setPin('');
  };
  const waits = screen.countdownSeconds > 0;
  return (
    <>
      <Main kind="split" more={t('more')}>
        <div>
          <h1 tabIndex={-1} data-focus>{t('staff.pin')}</h1>
          <label class="unseen" for="pin">{t('staff.pin')}</label>
          <input id="pin" type="password" inputMode="none" class="code" value={pin} maxLength={PIN_DIGITS_MAX}
            autocomplete="off" onInput={(event) => setPin(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') enter();
            }} />
          <p class="unseen" role="status">{t('staff.pin.typed', { n: pin.length })}</p>
          {screen.pinWrong && (
            <p class="verdict wrong" role="alert">
              <WarnIcon />
              {waits ? t('staff.pin.wrong', { n: screen.countdownSeconds }) : t('staff.pin.again')}
            </p>
          )}
        </div>
        <Keypad letters={false} words={{ delete: t('key.delete'), letters: t('key.letters'), digits: t('key.digits') }}
          onKey={(key) => setPin((pin + key).slice(0, PIN_DIGITS_MAX))} onDelete={() => setPin(withoutLast(pin))} />
      </Main>
      <footer>
        <Button icon={<BackIcon />} onPress={() => send({ closeStaff: {} })}>{t('back')}</Button>
        <Button kind="main" disabled={waits || pin === ''} onPress={enter}>{t('staff.open')}</Button>
      </footer>
    </>
  );
}

function timeOf(ms: string): string {
  return new Intl.DateTimeFormat('vi-VN', {
    timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'short', timeStyle: 'medium',
  }).format(Number(ms));
}

export function StaffCard(props: ScreenProps) {
  const { screen, t, send } = props;
  const staff = screen.staff as Staff;
  const [changing, setChanging] = useState(false);
  const [counter, setCounter] = useState(staff.counter);
  if (changing) {
    const set = (text: string) => setCounter(text.slice(0, COUNTER_CHARACTERS_MAX));
    return (
      <>
        <Main kind="split" more={t('more')}>
          <div>
            <h1 tabIndex={-1} data-focus>{t('staff.counter')}</h1>
            <label class="unseen" for="counter">{t('staff.counter')}</label>
            <input id="counter" type="text" class="code" value={counter} maxLength={COUNTER_CHARACTERS_MAX}
              pattern="[A-Za-z0-9.\-]*" autocomplete="off" spellcheck={false}
              onInput={(event) => set(event.currentTarget.value)} />
          </div>
          <Keypad letters words={{ delete: t('key.delete'), letters: t('key.letters'), digits: t('key.digits') }}
            onKey={(key) => set(counter + key)} onDelete={() => set(withoutLast(counter))} />
        </Main>
        <footer>
          <Button icon={<BackIcon />} onPress={() => setChanging(false)}>{t('back')}</Button>
          <Button kind="main" disabled={!/^[A-Za-z0-9.-]*$/.test(counter)} onPress={() => {
            send({ setCounter: { text: counter } });
            setChanging(false);
          }}>
            {t('staff.counter.save')}
          </Button>
        </footer>
      </>
    );
  }
  const facts: [string, string][] = [
    [t('staff.counter'), staff.counter || t('staff.counter.none')],
    [t('staff.waiting'), staff.waiting],
    [t('staff.set_aside'), staff.setAside],
    [t('staff.contact'), staff.lastContactMs === '0' ? t('staff.never') : timeOf(staff.lastContactMs)],
    [t('staff.kiosk'), staff.collectorId],
    [t('staff.version'), staff.version],
    [t('staff.alarm'), staff.alarm || t('staff.no_alarm')],
  ];
  return (
    <>
      <Main more={t('more')}>
        <h1 tabIndex={-1} data-focus>{t('staff.title')}</h1>
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Main>
      <footer>
        <Button icon={<BackIcon />} onPress={() => send({ closeStaff: {} })}>{t('staff.close')}</Button>
        <Button onPress={() => setChanging(true)}>{t('staff.counter.change')}</Button>
        {screen.paused ? (
          <Button kind="main" onPress={() => send({ resume: {} })}>{t('staff.resume')}</Button>
        ) : (
          <Button onPress={() => send({ pause: {} })}>{t('staff.pause')}</Button>
        )}
      </footer>
    </>
  );
}
