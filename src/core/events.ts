// Domain events between modules: said inside the transaction that makes them true.
// A listener that must not be lost writes rows or enqueues jobs with `tx`; nothing here survives a crash by itself.
import type { Tx } from './db/database.ts';

/** Name → payload of one event. Modules add theirs by declaration merging in their contract's neighbour `service.ts`. */
export interface DomainEvents {
  [name: string]: object;
}

export type TxListener<P> = (tx: Tx, events: P[]) => Promise<void>;

export interface Events<E extends object = DomainEvents> {
  /** Called inside the committing transaction, once per batch. A throw rolls the batch back. */
  on<K extends keyof E & string>(name: K, listener: TxListener<E[K]>): void;
  emit<K extends keyof E & string>(tx: Tx, name: K, events: E[K][]): Promise<void>;
}

export function createEvents<E extends object = DomainEvents>(): Events<E> {
  const listeners = new Map<string, TxListener<never>[]>();
  return {
    on(name, listener) {
      listeners.set(name, [...(listeners.get(name) ?? []), listener as TxListener<never>]);
    },
    async emit(tx, name, events) {
      if (events.length === 0) return;
      for (const listener of listeners.get(name) ?? []) await (listener as TxListener<object>)(tx, events);
    },
  };
}
