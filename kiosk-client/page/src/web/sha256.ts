// SHA-256 of short messages, for the proof of work. crypto.subtle answers by a promise for each digest, which costs more
// than the digest itself, and is not there outside secure contexts; this one counts to a hundred thousand in a second.

function constants(): { initial: Uint32Array; rounds: Uint32Array } {
  // The first 32 bits of the fractional parts of square and cube roots of the first primes (FIPS 180-4).
  const initial = new Uint32Array(8);
  const rounds = new Uint32Array(64);
  const fraction = (value: number) => ((value - Math.floor(value)) * 0x100000000) | 0;
  for (let n = 2, found = 0; found < 64; ++n) {
    let prime = true;
    for (let factor = 2; factor * factor <= n; ++factor) if (n % factor === 0) prime = false;
    if (!prime) continue;
    if (found < 8) initial[found] = fraction(Math.sqrt(n));
    rounds[found++] = fraction(Math.cbrt(n));
  }
  return { initial, rounds };
}

const { initial: INITIAL, rounds: ROUNDS } = constants();
const schedule = new Int32Array(64);

const turned = (word: number, by: number) => (word >>> by) | (word << (32 - by));

function digestBlock(state: Int32Array, block: DataView, at: number): void {
  for (let i = 0; i < 16; ++i) schedule[i] = block.getInt32(at + 4 * i);
  for (let i = 16; i < 64; ++i) {
    const w15 = schedule[i - 15]!;
    const w2 = schedule[i - 2]!;
    const s0 = turned(w15, 7) ^ turned(w15, 18) ^ (w15 >>> 3);
    const s1 = turned(w2, 17) ^ turned(w2, 19) ^ (w2 >>> 10);
    schedule[i] = schedule[i - 16]! + s0 + schedule[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; ++i) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + schedule[i]!) | 0;
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const added = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; ++i) state[i] = state[i]! + added[i]!;
}

// The digest as eight words, most significant first. `text` is ASCII.
export function sha256(text: string): Int32Array {
  const length = text.length;
  const blocks = Math.ceil((length + 9) / 64);
  const bytes = new Uint8Array(64 * blocks);
  for (let i = 0; i < length; ++i) bytes[i] = text.charCodeAt(i);
  bytes[length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(64 * blocks - 4, 8 * length);
  const state = new Int32Array(INITIAL);
  for (let i = 0; i < blocks; ++i) digestBlock(state, view, 64 * i);
  return state;
}

export function leadingZeroBits(digest: Int32Array): number {
  let bits = 0;
  for (let i = 0; i < digest.length; ++i) {
    const zeros = Math.clz32(digest[i]!);
    bits += zeros;
    if (zeros < 32) break;
  }
  return bits;
}
