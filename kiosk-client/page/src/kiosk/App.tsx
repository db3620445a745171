// Draws the screen that the program names, and nothing of its own. What is typed lives in the component that shows it, and
// is gone with it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { spokenLanguage, wordsOf } from './words';
import type { Connection } from './connection';
import { Header } from './Header';
import { listenToScanner } from './scanner';
import type { Event, Screen, Send } from './screen';
import { Body } from './screens/Body';
import { Lost, Warning } from './screens/Overlays';

const TOUCH_EVERY_MS = 3_000; // how often "somebody is there" is said while nothing else is
const SETTLE_MS = 250; // the second tap of a double tap hits the next screen

// What makes another screen, as opposed to a change within one.
function sceneOf(screen: Screen): string {
  return `${screen.state}/${screen.question?.questionId ?? ''}/${screen.warning}`;
}

export function App({ connection }: { connection: Connection }) {
  const [screen, setScreen] = useState<Screen | null>(null);
  const [lost, setLost] = useState(false);
  const current = useRef<Screen | null>(null);
  const settledAt = useRef(0);

  useLayoutEffect(() => {
    connection.listen((next) => {
      const before = current.current;
      if (before !== null && sceneOf(before) !== sceneOf(next)) settledAt.current = performance.now() + SETTLE_MS;
      current.current = next;
      setScreen(next);
    }, setLost);
    listenToScanner((text) => connection.send({ scan: { text } }));

    let told = -Infinity;
    const stir = () => {
      const now = performance.now();
      if (now - told < TOUCH_EVERY_MS || current.current === null || current.current.warning) return;
      told = now;
      connection.send({ touch: {} });
    };
    for (const kind of ['pointerdown', 'keydown', 'wheel']) document.addEventListener(kind, stir, { passive: true });
    const settle = (event: MouseEvent) => {
      if (performance.now() >= settledAt.current) return;
      event.stopPropagation();
      event.preventDefault();
    };
    document.addEventListener('click', settle, { capture: true });
    document.addEventListener('contextmenu', (event) => event.preventDefault());
  }, []);

  const scene = screen === null ? '' : sceneOf(screen);
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>('.overlay [data-focus]')
      ?? document.querySelector<HTMLElement>('[data-focus]');
    heading?.focus({ preventScroll: true });
    document.querySelector('main')?.scrollTo(0, 0);
  }, [scene, screen?.language, lost]);

  if (screen === null) return lost ? <Lost t={wordsOf('vi')} /> : null;

  const root = document.documentElement;
  root.lang = spokenLanguage(screen.language);
  root.dataset.contrast = screen.highContrast ? 'high' : 'normal';
  root.dataset.text = screen.largeText ? 'large' : 'normal';

  const t = wordsOf(screen.language);
  const send: Send = (event: Event) => connection.send(event);
  const covered = screen.warning || lost;
  return (
    <>
      {/* What was typed stays in place below a warning, unseen, for whoever goes on. */}
      <div class={`stage ${screen.state.toLowerCase()}`} inert={covered} style={covered ? { visibility: 'hidden' } : {}}>
        <Header screen={screen} t={t} send={send} />
        <Body key={`${screen.state}/${screen.question?.questionId ?? ''}`} screen={screen} t={t} send={send}
          covered={covered} />
      </div>
      {screen.warning && !lost && <Warning screen={screen} t={t} send={send} />}
      {lost && <Lost t={t} />}
    </>
  );
}
