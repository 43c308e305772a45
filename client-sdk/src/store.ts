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

/** Stores by key over one source; `check` tells those whose value is another. */
export function createKeyed<T>(read: (key: string) => T | undefined) {
  const watched = new Map<string, { value: T | undefined; listeners: Listeners<[]> }>();
  const stores = new Map<string, Store<T | undefined>>();
  return {
    at(key: string): Store<T | undefined> {
      const known = stores.get(key);
      if (known !== undefined) return known;
      const store: Store<T | undefined> = {
        getSnapshot: () => read(key),
        subscribe(listener): Off {
          const entry = watched.get(key) ?? { value: read(key), listeners: createListeners<[]>() };
          watched.set(key, entry);
          stores.set(key, store);
          const off = entry.listeners.add(listener);
          return () => {
            off();
            if (entry.listeners.size > 0 || watched.get(key) !== entry) return;
            watched.delete(key);
            stores.delete(key);
          };
        },
      };
      return store;
    },
    check(): void {
      for (const [key, entry] of [...watched]) {
        const value = read(key);
        if (value === entry.value) continue;
        entry.value = value;
        entry.listeners.tell();
      }
    },
  };
}

export const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

export function sameFields<T extends object>(a: T, b: T): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof T>;
  return [...keys].every((key) => Object.is(a[key], b[key]));
}
