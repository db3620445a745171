// The gateway's answer to a flood, `X-Challenge: 1.BITS.EXPIRES.NONCE.SIGNATURE`. Whoever finds a COUNTER so that
// SHA-256 of "CHALLENGE.COUNTER" begins with BITS zero bits sends it as `X-Challenge-Solution: CHALLENGE.COUNTER`.
import { leadingZeroBits, Sha256 } from './sha256';

const SLICE_MS = 12; // shorter than a frame, so that the page scrolls and answers meanwhile
const BITS_MAX = 22; // what asks more is waited out instead

// Null: not a challenge, or too hard.
export async function solved(challenge: string): Promise<string | null> {
  const bits = Number(/^1\.(\d{1,2})\.[\x21-\x7e]+$/.exec(challenge)?.[1] ?? NaN);
  if (!(bits <= BITS_MAX)) return null;
  const head = `${challenge}.`;
  const sha256 = new Sha256(head);
  for (let counter = 0; ; ) {
    const end = performance.now() + SLICE_MS;
    do {
      const tail = String(counter++);
      if (leadingZeroBits(sha256.digest(tail)) >= bits) return head + tail;
    } while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
