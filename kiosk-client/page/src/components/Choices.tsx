// Options as words: one of them (a touch decides), or several (a touch ticks).
import { CheckIcon } from './icons';

export interface ChoiceOption {
  label: string;
  language: string;
}

interface Props {
  options: ChoiceOption[];
  chosen: number[]; // from 1
  several: boolean;
  labelledBy: string;
  onChoose: (choice: number) => void;
}

// As many columns as it takes for all to be seen at once: what is out of sight is chosen less.
function columnsOf(count: number): string {
  if (count === 4) return 'four';
  return count > 6 ? 'three' : count > 4 ? 'two' : '';
}

export function Choices({ options, chosen, several, labelledBy, onChoose }: Props) {
  return (
    <div class={`choices ${columnsOf(options.length)}`} role="group" aria-labelledby={labelledBy}>
      {options.map((option, i) => {
        const on = chosen.includes(i + 1);
        return (
          <button type="button" class="choice" key={i} role={several ? 'checkbox' : undefined}
            aria-checked={several ? on : undefined} aria-pressed={several ? undefined : on}
            onClick={() => onChoose(i + 1)}>
            <span class={several ? 'mark square' : 'mark'} aria-hidden="true">{on && <CheckIcon />}</span>
            <span lang={option.language}>{option.label}</span>
          </button>
        );
      })}
    </div>
  );
}
