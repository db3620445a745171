// A UUID of version 7: 48 bits of time in milliseconds, then chance.
export function newResponseId(nowMs: number, chance: Uint8Array): string {
  if (chance.length !== 10) throw new Error(`found ${chance.length} bytes of chance, allowed are 10`);
  const bytes = new Uint8Array(16);
  for (let i = 5, rest = nowMs; i >= 0; --i, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes.set(chance, 6);
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
  const hex = Array.from(bytes, (one) => `0${one.toString(16)}`.slice(-2)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function chanceOf(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

// A number to quote: the last eight characters of the response_id, "7F3A-09BC".
export function receiptOf(responseId: string): string {
  return `${responseId.slice(-8, -4)}-${responseId.slice(-4)}`.toUpperCase();
}
