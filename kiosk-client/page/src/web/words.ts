import { ownName, sayIn, type Say } from '../messages/words';
import type shared from '../messages/vi.json';
import type own from './messages/vi.json';

export { spokenLanguage } from '../messages/words';
export type Key = keyof typeof shared | keyof typeof own;
export type Words = Say<Key>;

export const wordsOf = (language: string): Words => sayIn<Key>(language);
export const nameOf = (language: string): string => ownName(language) ?? language;
