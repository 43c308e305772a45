// One tab stop for the whole transcript, by message; arrow keys, Home and End move it, also to rows that are not in the
// page yet.
import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

const PAGE = 10;

interface RowFocus {
  /** Of the message that Tab leads to. */
  tabStop: string | undefined;
  onFocus(event: FocusEvent): void;
  onKeyDown(event: KeyboardEvent): void;
}

export function useRowFocus(
  ids: readonly string[],
  content: RefObject<HTMLElement | null>,
  reveal: (id: string) => void,
): RowFocus {
  const [current, setCurrent] = useState<string>();
  const wanted = useRef<string | undefined>(undefined);

  // The row may come with this render or, once it is scrolled to, with a later one.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const row = content.current?.querySelector<HTMLElement>(
      `article[data-row="${CSS.escape(wanted.current)}"]`,
    );
    if (row === null || row === undefined) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  });

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target.localName !== 'article' || event.altKey || event.ctrlKey || event.metaKey) return;
      const to = nextIndex(event.key, ids.indexOf(target.dataset.row ?? ''), ids.length);
      const id = to === undefined ? undefined : ids[to];
      if (id === undefined) return;
      event.preventDefault();
      wanted.current = id;
      setCurrent(id);
      reveal(id);
    },
    [ids, reveal],
  );

  return {
    tabStop: current !== undefined && ids.includes(current) ? current : ids.at(-1),
    onFocus: (event) => setCurrent(event.target.closest<HTMLElement>('article[data-row]')?.dataset.row),
    onKeyDown,
  };
}

function nextIndex(key: string, at: number, count: number): number | undefined {
  if (at === -1) return undefined;
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'PageDown':
      return Math.min(count - 1, at + PAGE);
    case 'PageUp':
      return Math.max(0, at - PAGE);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
