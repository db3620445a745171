// Typing on the screen's keyboard: a tone key is a combining mark, and goes onto the last vowel of the last word.

const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;
const VOWEL = /[aeiouy]/i;

export function isTone(key: string): boolean {
  return /^[\u0300\u0301\u0303\u0309\u0323]$/.test(key);
}

// `text` after `key`. A tone without a vowel to go onto changes nothing; the same tone again takes it off.
export function typed(text: string, key: string): string {
  if (!isTone(key)) return text + key;
  const letters = Array.from(text);
  for (let i = letters.length - 1; i >= 0; --i) {
    const letter = letters[i] ?? '';
    if (/\s/.test(letter)) return text;
    const parts = letter.normalize('NFD');
    if (!VOWEL.test(parts[0] ?? '')) continue;
    const bare = parts.replace(TONES, '');
    letters[i] = (parts.includes(key) ? bare : bare + key).normalize('NFC');
    return letters.join('');
  }
  return text;
}

export function withoutLast(text: string): string {
  return Array.from(text).slice(0, -1).join('');
}
