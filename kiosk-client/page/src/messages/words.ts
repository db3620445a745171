// The words of a page. Vietnamese has them all; another language may lack some and then says those in Vietnamese.
import languages, { type Plane } from 'languages';

export type Say<Key extends string> = (key: Key, values?: Record<string, string | number>) => string;

export function sayIn<Key extends string>(language: string): Say<Key> {
  return (key, values = {}) => {
    const own = languages[language]?.[key];
    const text = own !== undefined ? own : languages['vi']?.[key];
    return String(text).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

// Which language those words are really in.
export function spokenLanguage(language: string): string {
  return languages[language] ? language : 'vi';
}

// How a language calls itself, if its messages say so.
export function ownName(language: string): string | undefined {
  const name = languages[language]?.['language.name'];
  return typeof name === 'string' ? name : undefined;
}

export function keyboardOf(language: string): Plane[] | undefined {
  const planes = languages[language]?.['keyboard'];
  return Array.isArray(planes) ? planes : undefined;
}
