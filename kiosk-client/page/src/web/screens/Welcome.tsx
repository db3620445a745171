import { Button } from '../../components/Button';
import { ForwardIcon, ShieldIcon } from '../../components/icons';
import type { ScreenProps } from '../App';
import { textIn } from '../survey';

const SECONDS_PER_QUESTION = 8;

export function Welcome({ session, t }: ScreenProps) {
  const title = textIn(session.opened.title, session.language);
  const count = session.questions.length;
  const minutes = Math.max(1, Math.round((count * SECONDS_PER_QUESTION) / 60));
  const entry = session.entry ?? {};
  return (
    <main>
      <h1 tabIndex={-1} data-focus lang={title.language}>{title.text || t('title')}</h1>
      <p class="lead">{t('welcome.length', { count, minutes })}</p>
      <div class="promise">
        <ShieldIcon />
        <p>
          {t('welcome.asked')} {t('welcome.kept')}
          {'invitationToken' in entry && ` ${t('welcome.kept.invitation')}`}
          {'slip' in entry && ` ${t('welcome.kept.slip')}`}
        </p>
      </div>
      <div class="actions">
        <Button kind="main" iconAfter={<ForwardIcon />} onPress={() => session.begin()}>{t('start.begin')}</Button>
      </div>
    </main>
  );
}
