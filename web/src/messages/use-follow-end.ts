// A short list that is all in the page: it follows its end only if the reader is there now.
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

const NEAR_BOTTOM = 48;

export interface FollowEnd {
  viewport: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atBottom: boolean;
  onScroll(): void;
  toBottom(): void;
}

/** @param rows anything whose change may have changed the rows */
export function useFollowEnd(rows: unknown): FollowEnd {
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follow = useRef(true);
  /** Px of the viewport when it was held the last time. */
  const height = useRef(0);
  const [atBottom, setAtBottom] = useState(true);

  const hold = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    height.current = view.clientHeight;
    const edited = content.current?.querySelector('[data-row]:has(textarea:focus)');
    if (edited !== null && edited !== undefined) return edited.scrollIntoView({ block: 'nearest' });
    if (follow.current) view.scrollTop = view.scrollHeight;
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows is the signal that the list changed
  useLayoutEffect(hold, [hold, rows]);

  useLayoutEffect(() => {
    if (viewport.current === null || content.current === null) return;
    const observer = new ResizeObserver(hold);
    observer.observe(viewport.current);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, [hold]);

  return {
    viewport,
    content,
    atBottom,
    onScroll: useCallback(() => {
      const view = viewport.current;
      // Resized since: then the page scrolled, not the reader, and it is held in a moment.
      if (view === null || view.clientHeight !== height.current) return;
      follow.current = view.scrollHeight - view.scrollTop - view.clientHeight <= NEAR_BOTTOM;
      setAtBottom(follow.current);
    }, []),
    toBottom: useCallback(() => {
      follow.current = true;
      setAtBottom(true);
      hold();
    }, [hold]),
  };
}
