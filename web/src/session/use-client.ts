// Reading the SDK from components: the client at hand, and stores with an optional part picked out.
import type { Client, RoomHandle, Store, User } from '@parley/client';
import { createContext, useContext, useRef, useSyncExternalStore } from 'react';

interface Signed {
  client: Client;
  user: User;
}

const SignedContext = createContext<Signed | undefined>(undefined);
export const SignedProvider = SignedContext.Provider;

function useSigned(): Signed {
  const signed = useContext(SignedContext);
  if (signed === undefined) throw new Error('nobody is signed in here');
  return signed;
}

export const useClient = (): Client => useSigned().client;

/** Me. The name may have changed since sign-in, so the connection's answer wins. */
export function useMe(): User {
  const { client, user } = useSigned();
  return useStore(client.state).me ?? user;
}

export const useRoom = (key: string): RoomHandle => useClient().room(key);

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.getSnapshot);

/** A part of a store; renders again only when the part changes by `same` (identity unless given). */
export function usePart<T, P>(
  store: Store<T>,
  pick: (snapshot: T) => P,
  same: (a: P, b: P) => boolean = Object.is,
): P {
  const last = useRef<{ part: P } | undefined>(undefined);
  return useSyncExternalStore(store.subscribe, () => {
    const part = pick(store.getSnapshot());
    if (last.current === undefined || !same(last.current.part, part)) last.current = { part };
    return last.current.part;
  });
}

export const sameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);
