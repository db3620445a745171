// SHA-256 of many messages that begin alike, for the proof of work. crypto.subtle answers by a promise for each digest,
// which costs more than the digest itself, and cannot go on from a common beginning.

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

const BLOCK = 64;
const TAIL_MAX = 20;

// Digests of `head` + tail; both ASCII. What is whole blocks of the head is done once.
export class Sha256 {
  private readonly begun: Int32Array;
  private readonly length: number; // of the head
  private readonly bytes = new Uint8Array(2 * BLOCK);
  private readonly view = new DataView(this.bytes.buffer);
  private readonly filled: number; // of the head's last block
  private readonly state = new Int32Array(8);

  constructor(head: string) {
    this.begun = new Int32Array(INITIAL);
    this.length = head.length;
    const whole = head.length - (head.length % BLOCK);
    for (let at = 0; at < head.length; ++at) {
      this.bytes[at % BLOCK] = head.charCodeAt(at);
      if (at < whole && at % BLOCK === BLOCK - 1) digestBlock(this.begun, this.view, 0);
    }
    this.filled = head.length - whole;
  }

  // Eight words, most significant first; good until the next call.
  digest(tail: string): Int32Array {
    if (tail.length > TAIL_MAX) throw new Error(`found ${tail.length} characters, allowed are ${TAIL_MAX}`);
    const { bytes, view, state } = this;
    let at = this.filled;
    for (let i = 0; i < tail.length; ++i) bytes[at++] = tail.charCodeAt(i);
    bytes[at] = 0x80;
    const blocks = at + 9 > BLOCK ? 2 : 1;
    bytes.fill(0, at + 1);
    view.setUint32(BLOCK * blocks - 4, 8 * (this.length + tail.length));
    state.set(this.begun);
    for (let i = 0; i < blocks; ++i) digestBlock(state, view, BLOCK * i);
    return state;
  }
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
