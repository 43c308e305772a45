// One tab stop for a whole list; the arrow keys, Home and End move inside it.
import { type KeyboardEvent, type RefObject, useCallback } from 'react';

/**
 * Put on the list's element. Items carry `data-roving`; all but the current one have tabIndex -1.
 * @returns a key handler that moves the focus among the items inside `list`
 */
export function useRovingFocus(list: RefObject<HTMLElement | null>) {
  return useCallback(
    (event: KeyboardEvent) => {
      const items = [...(list.current?.querySelectorAll<HTMLElement>('[data-roving]') ?? [])];
      const target = event.target as HTMLElement;
      const at = items.indexOf(target);
      if (at === -1) return;
      const to = nextIndex(event.key, at, items.length);
      if (to === undefined) return;
      event.preventDefault();
      for (const item of items) item.tabIndex = -1;
      const next = items[to];
      if (next === undefined) return;
      next.tabIndex = 0;
      next.focus();
    },
    [list],
  );
}

function nextIndex(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
