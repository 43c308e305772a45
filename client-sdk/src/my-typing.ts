// Tells the room that I type: at once, then every 3 s while it lasts. Must never send one signal per key.
import type { Timers } from './ports.ts';

/** Half of the 6 s after which the server forgets. */
export const TYPING_REPEAT_MS = 3000;
/** After so many repeats without a new key the person has stopped. */
const IDLE_REPEATS = 3;

export interface MyTyping {
  set(on: boolean): void;
  /** Off, without telling anyone. */
  stop(): void;
}

export function createMyTyping(timers: Timers, tell: (on: boolean) => void): MyTyping {
  let cancel: (() => void) | undefined;

  let repeats = 0;

  const repeat = () => {
    if (repeats === IDLE_REPEATS) {
      cancel = undefined;
      return tell(false);
    }
    repeats += 1;
    tell(true);
    cancel = timers.after(TYPING_REPEAT_MS, repeat);
  };
  const stop = () => {
    cancel?.();
    cancel = undefined;
  };
  return {
    set(on) {
      repeats = 0;
      if (on === (cancel !== undefined)) return;
      if (on) return repeat();
      stop();
      tell(false);
    },
    stop,
  };
}
