// The real surroundings: time, timers, storage, and a browser's signs that it is worth trying again now.
// The only file that reads globals.
import type { Clock, Environment, StorageLike, Timers } from './ports.ts';

export const systemClock: Clock = { now: () => Date.now() };

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

interface EventSource {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}
interface Page extends EventSource {
  document?: EventSource & { visibilityState?: string };
  localStorage?: StorageLike;
}
const page = globalThis as unknown as Page;

/** `online` and becoming visible; nothing outside a browser. */
export const browserEnvironment: Environment = {
  onWake(wake) {
    const { document } = page;
    if (document === undefined || page.addEventListener === undefined) return () => {};
    const onVisible = () => {
      if (document.visibilityState === 'visible') wake();
    };
    page.addEventListener('online', wake);
    document.addEventListener?.('visibilitychange', onVisible);
    return () => {
      page.removeEventListener?.('online', wake);
      document.removeEventListener?.('visibilitychange', onVisible);
    };
  },
};

/** `localStorage` of a page, if it may be used. */
export function pageStorage(): StorageLike | null {
  try {
    return page.document === undefined ? null : (page.localStorage ?? null);
  } catch {
    return null;
  }
}
