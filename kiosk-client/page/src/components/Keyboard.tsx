// Letters for a comment. Its keys are smaller than other targets: ten columns and 20 mm do not fit on 10 inches.
import { useState } from 'preact/hooks';
import { isTone } from './compose';
import { DeleteIcon, ShiftIcon } from './icons';

interface Props {
  rows: string[];
  words: { delete: string; shift: string; space: string; letters: string; digits: string; tone: (key: string) => string };
  onKey: (key: string) => void;
  onDelete: () => void;
}

const SIGNS = ['1234567890', '-/:;()%&@"', '.,?!'];

export function Keyboard({ rows, words, onKey, onDelete }: Props) {
  const [shift, setShift] = useState(false);
  const [signs, setSigns] = useState(false);
  const press = (key: string) => {
    onKey(key);
    setShift(false);
  };
  return (
    <div class="keyboard">
      {(signs ? SIGNS : rows).flatMap((row) => Array.from(row)).map((key) => {
        const shown = shift ? key.toLocaleUpperCase('vi') : key;
        return (
          <button type="button" class="key" key={key} aria-label={isTone(key) ? words.tone(key) : undefined}
            onClick={() => press(shown)}>
            {isTone(key) ? `\u25CC${key}` : shown}
          </button>
        );
      })}
      {!signs && (
        <button type="button" class="key quiet" aria-label={words.shift} aria-pressed={shift}
          onClick={() => setShift(!shift)}>
          <ShiftIcon />
        </button>
      )}
      <button type="button" class="key quiet" onClick={() => setSigns(!signs)}>
        {signs ? words.letters : words.digits}
      </button>
      <button type="button" class="key quiet space" onClick={() => press(' ')}>{words.space}</button>
      <button type="button" class="key quiet" aria-label={words.delete} onClick={onDelete}><DeleteIcon /></button>
    </div>
  );
}
