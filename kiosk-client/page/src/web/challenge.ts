// The gateway's answer to a flood: `X-Challenge: BITS.WHATEVER`. Whoever brings a number that makes SHA-256 of
// "BITS.WHATEVER.NUMBER" begin with BITS zero bits is let through: `X-Challenge-Solution: BITS.WHATEVER.NUMBER`.
import { leadingZeroBits, sha256 } from './sha256';

const SLICE_MS = 12; // shorter than a frame, so that the page scrolls and answers meanwhile
const BITS_MAX = 22; // half a minute on a slow phone; what asks more is waited out instead

// Null: not a challenge, or too hard.
export async function solved(challenge: string): Promise<string | null> {
  const bits = Number(/^(\d{1,2})\.[\x21-\x7e]+$/.exec(challenge)?.[1] ?? NaN);
  if (!(bits <= BITS_MAX)) return null;
  for (let number = 0; ; ) {
    const end = performance.now() + SLICE_MS;
    do {
      const candidate = `${challenge}.${number++}`;
      if (leadingZeroBits(sha256(candidate)) >= bits) return candidate;
    } while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
