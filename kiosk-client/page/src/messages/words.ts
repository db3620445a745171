// The page's own words. Vietnamese has them all; another language may lack some and then says those in Vietnamese.
import languages, { type Plane } from 'languages';
import vi from './vi.json';

export type Key = Exclude<keyof typeof vi, 'keyboard'>;
export type Words = (key: Key, values?: Record<string, string | number>) => string;

export function wordsOf(language: string): Words {
  const own = languages[language];
  return (key, values = {}) => {
    const found = own?.[key];
    const text = typeof found === 'string' ? found : vi[key];
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

// Which language those words are really in.
export function spokenLanguage(language: string): string {
  return languages[language] ? language : 'vi';
}

// How a language calls itself.
export function nameOf(language: string): string {
  const name = languages[language]?.['language.name'];
  if (typeof name === 'string') return name;
  return new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
}

export function keyboardOf(language: string): Plane[] {
  const planes = languages[language]?.['keyboard'];
  return Array.isArray(planes) ? planes : vi.keyboard;
}
