// Letters for a comment, each as large as any other target: 40 keys are all that 10 inches hold, so they stand by the
// alphabet, and what is rare is on another plane.
import { useState } from 'preact/hooks';
import { isTone } from './compose';
import { DeleteIcon, ShiftIcon } from './icons';

interface Props {
  planes: { name: string; keys: string }[];
  words: { delete: string; shift: string; space: string; tone: (key: string) => string };
  onKey: (key: string) => void;
  onDelete: () => void;
}

export function Keyboard({ planes, words, onKey, onDelete }: Props) {
  const [shift, setShift] = useState(false);
  const [at, setAt] = useState(0);
  const next = (at + 1) % planes.length;
  const press = (key: string) => {
    onKey(key);
    setShift(false);
  };
  return (
    <div class="keyboard">
      {Array.from(planes[at]?.keys ?? '').map((key) => {
        const shown = shift ? key.toLocaleUpperCase('vi') : key;
        return (
          <button type="button" class={isTone(key) ? 'key tone' : 'key'} key={key} aria-label={isTone(key) ? words.tone(key) : undefined}
            onClick={() => press(shown)}>
            {isTone(key) ? `\u25CC${key}` : shown}
          </button>
        );
      })}
      <button type="button" class="key quiet shift" aria-label={words.shift} aria-pressed={shift}
        onClick={() => setShift(!shift)}>
        <ShiftIcon />
      </button>
      <button type="button" class="key quiet plane" onClick={() => setAt(next)}>{planes[next]?.name}</button>
      <button type="button" class="key quiet space" onClick={() => press(' ')}>{words.space}</button>
      <button type="button" class="key quiet delete" aria-label={words.delete} onClick={onDelete}><DeleteIcon /></button>
    </div>
  );
}
