import type { Plane } from 'languages';
import { keyboardOf as ownKeyboard, ownName, sayIn, type Say } from '../messages/words';
import type shared from '../messages/vi.json';
import type vi from './messages/vi.json';

export { spokenLanguage } from '../messages/words';
export type Key = keyof typeof shared | Exclude<keyof typeof vi, 'keyboard'>;
export type Words = Say<Key>;

export const wordsOf = (language: string): Words => sayIn<Key>(language);

export function nameOf(language: string): string {
  return ownName(language) ?? new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
}

export function keyboardOf(language: string): Plane[] {
  return ownKeyboard(language) ?? ownKeyboard('vi') ?? [];
}
