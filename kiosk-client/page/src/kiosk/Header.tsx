// Whose kiosk it is, and how to read it. The mark hides the staff's gesture: five touches within four seconds.
import { useRef, useState } from 'preact/hooks';
import { Button } from '../components/Button';
import { ContrastIcon, GlobeIcon, LargeIcon } from '../components/icons';
import { nameOf, type Words } from './words';
import type { Screen, Send } from './screen';

const TOUCHES = 5;
const WITHIN_MS = 4_000;
const DIRECT_MAX = 2; // other languages shown as buttons of their own

export function Mark({ onGesture }: { onGesture?: () => void }) {
  const touches = useRef<number[]>([]);
  const touched = (event: PointerEvent) => {
    const recent = touches.current.filter((at) => event.timeStamp - at < WITHIN_MS);
    touches.current = [...recent, event.timeStamp];
    if (touches.current.length < TOUCHES) return;
    touches.current = [];
    onGesture?.();
  };
  return (
    <div class="brand-mark" aria-hidden="true" onPointerDown={touched}>
      <svg viewBox="0 0 100 100" focusable="false">
        <circle cx="50" cy="50" r="46" />
        <path d="M34 60 Q50 74 66 60 M36 39 v6 M64 39 v6" />
      </svg>
    </div>
  );
}

export function Header({ screen, t, send }: { screen: Screen; t: Words; send: Send }) {
  const [choosing, setChoosing] = useState(false);
  const others = screen.languages.filter((tag) => tag !== screen.language);
  const choose = (tag: string) => {
    setChoosing(false);
    send({ setLanguage: { tag } });
  };
  const language = (tag: string) => (
    <Button key={tag} kind="quiet" icon={<GlobeIcon />} onPress={() => choose(tag)}>
      <span lang={tag}>{nameOf(tag)}</span>
    </Button>
  );
  return (
    <header>
      <Mark onGesture={() => send({ openStaff: {} })} />
      <div class="names">
        {screen.provinceName !== '' && <p class="province">{screen.provinceName}</p>}
        <p class="unit">{screen.unitName || t('title')}</p>
      </div>
      <div class="tools" role="group" aria-label={t('languages')}>
        {others.length <= DIRECT_MAX ? (
          others.map(language)
        ) : (
          <Button kind="quiet" icon={<GlobeIcon />} pressed={choosing} onPress={() => setChoosing(!choosing)}>
            {nameOf(screen.language)}
          </Button>
        )}
        <Button kind="quiet" icon={<LargeIcon />} pressed={screen.largeText}
          onPress={() => send({ setTextSize: { on: !screen.largeText } })}>
          {t('large')}
        </Button>
        <Button kind="quiet" icon={<ContrastIcon />} pressed={screen.highContrast}
          onPress={() => send({ setContrast: { on: !screen.highContrast } })}>
          {t('contrast')}
        </Button>
      </div>
      {choosing && <div class="languages">{others.map(language)}</div>}
    </header>
  );
}
