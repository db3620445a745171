// The page's line to the program: one request that waits for the next screen, and events one after another. Keeps
// nothing; when the program is gone it tries again until it is back.
import type { Event, Screen } from './screen';

const POLL_MS = 40_000; // the program answers within 25 s
const EVENT_MS = 10_000;
const RETRY_MS = 1_000;

export class Connection {
  private revision = '';
  private queue: Promise<void> = Promise.resolve();

  private screen: Screen | null = null;
  private onScreen: (screen: Screen) => void = () => {};
  private onLost: (lost: boolean) => void = () => {};

  constructor(first: Screen | null) {
    if (first !== null) this.take(first);
  }

  // What came before is told at once.
  listen(onScreen: (screen: Screen) => void, onLost: (lost: boolean) => void): void {
    this.onScreen = onScreen;
    this.onLost = onLost;
    if (this.screen !== null) onScreen(this.screen);
  }

  async run(): Promise<never> {
    for (;;) {
      try {
        const after = this.revision;
        const response = await request(`/api/screen?after=${after}`, {}, POLL_MS);
        this.take((await response.json()) as Screen);
        this.onLost(false);
      } catch {
        this.onLost(true);
        this.revision = ''; // whatever comes next is the truth
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  // In the order called. An event that gets no answer is not sent again: it may have been taken.
  send(event: Event): void {
    this.queue = this.queue.then(async () => {
      try {
        const response = await request(
          '/api/event',
          { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) },
          EVENT_MS,
        );
        this.take((await response.json()) as Screen);
      } catch {
        // The waiting request finds out whether the program is gone, and brings the screen as it is.
      }
    });
  }

  // Two answers may overtake each other; revisions only rise.
  private take(screen: Screen): void {
    if (this.revision !== '' && BigInt(screen.revision) <= BigInt(this.revision)) return;
    this.revision = screen.revision;
    this.screen = screen;
    this.onScreen(screen);
  }
}

async function request(url: string, init: RequestInit, timeoutMs: number): Promise<Response> {
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), timeoutMs);
  try {
    const response = await fetch(url, { ...init, signal: gone.signal, cache: 'no-store', credentials: 'omit' });
    if (!response.ok) throw new Error(`${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}
