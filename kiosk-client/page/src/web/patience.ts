// Waits between tries: what the server asks for and more, longer each time, by chance a little less, so that a thousand
// phones do not come back together.
// Ends early when the network is back or the person asks.

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

export class Patience {
  private tries = 0;
  private end: () => void = () => {};

  constructor() {
    window.addEventListener('online', () => this.wake());
  }
  wake(): void {
    this.end();
  }
  rested(): void {
    this.tries = 0;
  }
  async wait(atLeastMs: number): Promise<void> {
    const backoff = Math.min(FIRST_MS * 2 ** this.tries++, LONGEST_MS) * (0.5 + Math.random() / 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, atLeastMs + backoff);
      this.end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.end = () => {};
  }
}
