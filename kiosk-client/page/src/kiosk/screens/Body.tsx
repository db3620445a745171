import type { Words } from '../words';
import type { Screen, Send } from '../screen';
import { DossierScreen } from './DossierScreen';
import { FinishScreen } from './FinishScreen';
import { Failure, OutOfService, Paused, Sending, Thanks } from './Notices';
import { QuestionScreen } from './QuestionScreen';
import { StaffCard, StaffPin } from './Staff';

export interface ScreenProps {
  screen: Screen;
  t: Words;
  send: Send;
  covered: boolean; // by a warning
}

export function Body(props: ScreenProps) {
  switch (props.screen.state) {
    case 'START':
    case 'QUESTION':
      return <QuestionScreen {...props} />;
    case 'FINISH':
      return <FinishScreen {...props} />;
    case 'DOSSIER':
      return <DossierScreen {...props} />;
    case 'SENDING':
      return <Sending {...props} />;
    case 'THANKS':
      return <Thanks {...props} />;
    case 'FAILURE':
      return <Failure {...props} />;
    case 'PAUSED':
      return <Paused {...props} />;
    case 'STAFF_PIN':
      return <StaffPin {...props} />;
    case 'STAFF_CARD':
      return <StaffCard {...props} />;
    case 'OUT_OF_SERVICE':
      return <OutOfService {...props} />;
  }
}
