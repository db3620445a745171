// base/dossier_code in TypeScript, so that a code is judged as it is typed; the tests run the same table over both.

const BYTES_MAX = 128;
const AGENCY_MAX = 35;
const SEPARATORS = /[- \t\r\n\u00A0\u00AD\u2010-\u2015\u2212\uFF0D\uFE58\uFE63\u2009\u202F\u3000\u200B\uFEFF_]+/g;

function isDate(digits: string): boolean {
  const [year, month, day] = [0, 2, 4].map((at) => Number(digits.slice(at, at + 2))) as [number, number, number];
  const date = new Date(Date.UTC(2000 + year, month - 1, day));
  return date.getUTCFullYear() === 2000 + year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

// The one way to write what was typed; null: it is no dossier code.
export function normalizeDossierCode(typed: string): string | null {
  if (typed === '' || new TextEncoder().encode(typed).length > BYTES_MAX) return null;
  // Runs of separators become one '-', none at the ends or beside a dot.
  const text = typed.replace(SEPARATORS, '-').replace(/^-|-$/g, '').replace(/-?\.-?/g, '.')
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
  const match = /^([^-]*)-([-0-9]*)$/.exec(text);
  if (match === null) return null;
  const agency = match[1] as string;
  const digits = (match[2] as string).replace(/-/g, '');
  if (agency.length > AGENCY_MAX || !/^[0-9A-Z]+(\.[0-9A-Z]+)*$/.test(agency)) return null;
  if (!/^\d{10,18}$/.test(digits) || !isDate(digits)) return null;
  return `${agency}-${digits.slice(0, 6)}-${digits.slice(6)}`;
}
