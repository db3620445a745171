// Draws what the session says, with the focus at the heading of each new screen.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { GlobeIcon } from '../components/icons';
import { textIn } from './survey';
import type { Session, View } from './session';
import { Later, Notices, Opening, Resume, Sending, Thanks } from './screens/Notices';
import { Dossier } from './screens/Dossier';
import { Questions } from './screens/Questions';
import { Review } from './screens/Review';
import { Welcome } from './screens/Welcome';
import { nameOf, spokenLanguage, wordsOf, type Words } from './words';

export interface ScreenProps {
  session: Session;
  t: Words;
}

function Screen({ view, ...props }: ScreenProps & { view: View }) {
  switch (view.at) {
    case 'opening': return <Opening {...props} />;
    case 'notice': return <Notices {...props} kind={view.kind} />;
    case 'resume': return <Resume {...props} />;
    case 'welcome': return <Welcome {...props} />;
    case 'questions': return <Questions {...props} number={view.screen} />;
    case 'dossier': return <Dossier {...props} />;
    case 'review': return <Review {...props} />;
    case 'later': return <Later {...props} />;
    case 'sending': return <Sending {...props} waits={view.waits} />;
    case 'thanks': return <Thanks {...props} receipt={view.receipt} outcome={view.outcome} />;
  }
}

const DOUBLE_TAP_MS = 500;

function sceneOf(view: View): string {
  if (view.at === 'questions') return `questions ${view.screen}`;
  if (view.at === 'notice') return `notice ${view.kind}`;
  return view.at === 'sending' ? `sending ${view.waits}` : view.at;
}

export function App({ session }: { session: Session }) {
  const { view, language, opened } = session;
  const t = wordsOf(language);
  const scene = sceneOf(view);
  // The second half of a double tap would hit whatever stands there next.
  const changedAt = useRef(0);
  useLayoutEffect(() => {
    document.addEventListener('click', (event) => {
      if (event.detail < 2 || performance.now() - changedAt.current > DOUBLE_TAP_MS) return;
      event.stopPropagation();
      event.preventDefault();
    }, { capture: true });
  }, []);
  useLayoutEffect(() => {
    changedAt.current = performance.now();
  }, [scene, language, session.keptLater]);
  useLayoutEffect(() => {
    if (view.at === 'opening') return;
    const wanted = session.focusOn;
    session.focusOn = '';
    const question = wanted === '' ? null : document.getElementById(`q-${wanted}`);
    if (question === null) window.scrollTo(0, 0);
    else question.scrollIntoView();
    const target = question ?? document.querySelector<HTMLElement>('[data-focus]');
    // Chrome 61 knows no preventScroll; a heading that is in sight scrolls nothing.
    target?.focus({ preventScroll: true });
  }, [scene, language]);
  useLayoutEffect(() => {
    document.documentElement.lang = spokenLanguage(language);
    document.title = t('title');
  }, [language]);

  const unit = opened.unitName ?? '';
  const others = opened.languages !== undefined || opened.state !== undefined
    ? session.languages().filter((tag) => tag !== language) : [];
  return (
    <>
      {(unit !== '' || others.length > 0) && (
        <header>
          {opened.synthetic && <p class="synthetic">{t('synthetic')}</p>}
          <div class="head">
            <div class="names">
              {opened.provinceName && <p class="province">{opened.provinceName}</p>}
              <p class="unit">{unit || textIn(opened.title, language).text}</p>
            </div>
            {others.length > 0 && (
              <div class="tools" role="group" aria-label={t('languages')}>
                {others.map((tag) => (
                  <button type="button" class="button quiet" key={tag} lang={tag}
                    onClick={() => session.setLanguage(tag)}>
                    <GlobeIcon /><span>{nameOf(tag)}</span>
                  </button>
                ))}
              </div>
            )}
          </div>
        </header>
      )}
      <Screen key={scene} view={view} session={session} t={t} />
    </>
  );
}
