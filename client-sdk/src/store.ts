// The one kind of store: a value, who looks at it, and telling them when it is another value.
import type { Off, Store } from './api.ts';

export interface WritableStore<T> extends Store<T> {
  /** Tells the listeners unless it is the same object. */
  set(value: T): void;
}

export function createStore<T>(initial: T): WritableStore<T> {
  let value = initial;
  const listeners = createListeners<[]>();
  return {
    getSnapshot: () => value,
    subscribe: (listener) => listeners.add(listener),
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      listeners.tell();
    },
  };
}

export interface Listeners<A extends unknown[]> {
  add(listener: (...args: A) => void): Off;
  tell(...args: A): void;
  readonly size: number;
}

/** One that throws does not keep the others from hearing; its error is reported on its own. */
export function createListeners<A extends unknown[]>(): Listeners<A> {
  const all = new Set<{ call: (...args: A) => void }>();
  return {
    add(listener) {
      const one = { call: listener };
      all.add(one);
      return () => {
        all.delete(one);
      };
    },
    tell(...args) {
      for (const one of [...all]) {
        if (!all.has(one)) continue;
        try {
          one.call(...args);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    get size() {
      return all.size;
    },
  };
}
