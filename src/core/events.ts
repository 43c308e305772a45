// Domain events between modules: said inside the transaction that makes them true.
// A listener that must not be lost writes rows or enqueues jobs with `tx`; nothing here survives a crash by itself.
import type { Tx } from './db/database.ts';

export type TxListener<P extends object> = (tx: Tx, events: P[]) => Promise<void>;

export interface Events {
  /** Called inside the committing transaction, once per batch. A throw rolls the batch back. */
  on<P extends object>(name: string, listener: TxListener<P>): void;
  emit<P extends object>(tx: Tx, name: string, events: P[]): Promise<void>;
}

export function createEvents(): Events {
  const listeners = new Map<string, TxListener<never>[]>();
  return {
    on(name, listener) {
      listeners.set(name, [...(listeners.get(name) ?? []), listener as TxListener<never>]);
    },
    async emit(tx, name, events) {
      if (events.length === 0) return;
      for (const listener of listeners.get(name) ?? []) await listener(tx, events as never[]);
    },
  };
}
