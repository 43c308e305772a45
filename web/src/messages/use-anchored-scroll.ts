// Keeps the transcript where the reader left it: at the bottom only if they are at the bottom now, otherwise
// the first visible row stays at the same place while older pages load, rows grow and the page is resized.
// A message that is being edited stays in view before all else.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

const NEAR_BOTTOM = 48;
const NEAR_EDGE = 800;

interface Anchor {
  id: string;
  /** Distance of the row's top from the top of the viewport, in px. */
  top: number;
}

interface Options {
  /** True while the newest row is in the page. */
  atEnd: boolean;
  onNearTop(): void;
  onNearBottom(): void;
  /** Anything whose change may have changed the rows. */
  rows: unknown;
}

export interface AnchoredScroll {
  viewport: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atBottom: boolean;
  onScroll(): void;
  scrollToBottom(): void;
}

export function useAnchoredScroll({ atEnd, onNearTop, onNearBottom, rows }: Options): AnchoredScroll {
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | undefined>(undefined);
  const follow = useRef(true);
  const [atBottom, setAtBottom] = useState(true);

  const remember = useCallback(() => {
    const view = viewport.current;
    const list = content.current;
    if (view === null || list === null) return;
    const viewTop = view.getBoundingClientRect().top;
    for (const row of list.querySelectorAll<HTMLElement>('[data-row]')) {
      const box = row.getBoundingClientRect();
      if (box.bottom > viewTop) {
        anchor.current = { id: row.dataset.row ?? '', top: box.top - viewTop };
        return;
      }
    }
  }, []);

  const hold = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    const edited = content.current?.querySelector('[data-row]:has(textarea:focus)');
    if (edited !== null && edited !== undefined) {
      edited.scrollIntoView({ block: 'nearest' });
      return;
    }
    if (follow.current) {
      view.scrollTop = view.scrollHeight;
      return;
    }
    const wanted = anchor.current;
    if (wanted === undefined) return;
    const row = content.current?.querySelector(`[data-row="${CSS.escape(wanted.id)}"]`);
    if (row === null || row === undefined) return remember();
    const moved = row.getBoundingClientRect().top - view.getBoundingClientRect().top - wanted.top;
    if (Math.abs(moved) >= 1) view.scrollTop += moved;
  }, [remember]);

  const atEdges = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    if (view.scrollTop < NEAR_EDGE) onNearTop();
    if (!atEnd && view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_EDGE) onNearBottom();
  }, [atEnd, onNearTop, onNearBottom]);

  const onScroll = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    follow.current = atEnd && below <= NEAR_BOTTOM;
    setAtBottom(follow.current);
    remember();
    atEdges();
  }, [atEnd, atEdges, remember]);

  // Before paint, so that nobody sees the rows jump and come back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows is the signal that the page changed
  useLayoutEffect(hold, [hold, rows]);

  // Rows that came may still leave the reader at an edge, with nothing left to scroll.
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows is the signal that the page changed
  useEffect(atEdges, [atEdges, rows]);

  useLayoutEffect(() => {
    if (viewport.current === null || content.current === null) return;
    const observer = new ResizeObserver(hold);
    observer.observe(viewport.current);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, [hold]);

  const scrollToBottom = useCallback(() => {
    follow.current = true;
    setAtBottom(true);
    hold();
  }, [hold]);

  return { viewport, content, atBottom, onScroll, scrollToBottom };
}
