// Where one is, in the address's hash: `#/rooms/lobby`. Works on any path the page is served from.
import { useSyncExternalStore } from 'react';

const PATTERN = /^#\/rooms\/([^/]+)$/;

function roomInAddress(): string | undefined {
  const match = PATTERN.exec(globalThis.location.hash);
  try {
    return match?.[1] === undefined ? undefined : decodeURIComponent(match[1]);
  } catch {
    return undefined;
  }
}

function subscribe(listener: () => void): () => void {
  globalThis.addEventListener('hashchange', listener);
  return () => globalThis.removeEventListener('hashchange', listener);
}

/** Key of the open room: its slug or id. */
export const useOpenRoom = (): string | undefined => useSyncExternalStore(subscribe, roomInAddress);

export const hrefOf = (room: { id: string; slug?: string | undefined }): string =>
  `#/rooms/${encodeURIComponent(room.slug ?? room.id)}`;

export function goTo(room: { id: string; slug?: string | undefined }): void {
  globalThis.location.hash = hrefOf(room);
}

/** Like goTo, but without a step in the history. */
export function replaceWith(href: string): void {
  globalThis.history.replaceState(null, '', href);
  globalThis.dispatchEvent(new HashChangeEvent('hashchange'));
}
