// Large keys for codes: digits, or the letters of a code on a second face.
import { useState } from 'preact/hooks';
import { DeleteIcon } from './icons';

interface Props {
  letters: boolean; // a second face with A..Z, and '.' and '-'
  words: { delete: string; letters: string; digits: string };
  onKey: (key: string) => void;
  onDelete: () => void;
}

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

export function Keypad({ letters, words, onKey, onDelete }: Props) {
  const [face, setFace] = useState<'digits' | 'letters'>('digits');
  const key = (label: string) => (
    <button type="button" class="key" key={label} onClick={() => onKey(label)}>{label}</button>
  );
  const remove = (
    <button type="button" class="key quiet" key="delete" aria-label={words.delete} onClick={onDelete}>
      <DeleteIcon />
    </button>
  );
  const turn = (to: 'digits' | 'letters') => (
    <button type="button" class="key quiet" key="turn" onClick={() => setFace(to)}>{words[to]}</button>
  );
  if (face === 'letters') {
    return <div class="keypad letters">{LETTERS.map(key)}{turn('digits')}{remove}</div>;
  }
  if (!letters) return <div class="keypad pin">{DIGITS.map(key)}{remove}{key('0')}</div>;
  return (
    <div class="keypad digits">
      {DIGITS.slice(0, 3).map(key)}{remove}
      {DIGITS.slice(3, 6).map(key)}{key('-')}
      {DIGITS.slice(6).map(key)}{key('.')}
      {turn('letters')}{key('0')}
    </div>
  );
}
