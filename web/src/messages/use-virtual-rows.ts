// Which rows of the transcript are in the page, and where it stands: at the bottom only if the reader is at the bottom
// now, otherwise the first row in view keeps its place while pages come, rows grow and the page is resized.
// A message that is being edited stays in view before all else.
import {
  defaultRangeExtractor,
  type Range,
  type ReactVirtualizer,
  useVirtualizer,
} from '@tanstack/react-virtual';
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

const NEAR_BOTTOM = 48;
/** Px from an edge at which more is fetched: far enough that it is there when the reader is. */
const NEAR_EDGE = 2000;
const OVERSCAN = 12;
const PADDING = 10;
/** Rows come to rest within this after a change of size, also on a busy machine, unless the reader moves them. */
const SETTLE_MS = 3000;
/** A scroll this long after the reader's hand is the reader's. */
const HAND_MS = 400;
const MOVES = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

interface Options {
  keys: readonly string[];
  /** Px, of a row that was not in the page yet. */
  estimate(index: number): number;
  /** Rows that stay in the page wherever it is scrolled: what has the focus must not be taken away. */
  kept: readonly (string | undefined)[];
  /** The last row is the newest: only then is there anything to follow. */
  atEnd: boolean;
  onNearTop(): void;
  onNearBottom(): void;
}

export interface VirtualRows {
  virtualizer: ReactVirtualizer<HTMLDivElement, HTMLDivElement>;
  viewport: RefObject<HTMLDivElement | null>;
  /** All that scrolls. */
  content: RefObject<HTMLDivElement | null>;
  atBottom: boolean;
  onScroll(): void;
  toBottom(): void;
  /** Brings a row into view, and lets go of the bottom. */
  reveal(key: string, align: 'auto' | 'center'): void;
}

export function useVirtualRows(options: Options): VirtualRows {
  const { keys, estimate, kept, atEnd } = options;
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follow = useRef(true);
  /** Px when it was held the last time: of the viewport, and of all that scrolls. */
  const held = useRef({ height: 0, whole: 0 });
  /** When the reader moved it the last time, and when its size changed; ms of this page. */
  const moved = useRef(Number.NEGATIVE_INFINITY);
  const changed = useRef(Number.NEGATIVE_INFINITY);
  const [atBottom, setAtBottom] = useState(true);
  const latest = useRef(options);
  latest.current = options;

  const keptIndexes = kept.flatMap((key) => {
    const index = key === undefined ? -1 : keys.indexOf(key);
    return index === -1 ? [] : [index];
  });
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: keys.length,
    getScrollElement: () => viewport.current,
    estimateSize: estimate,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    overscan: OVERSCAN,
    paddingStart: PADDING,
    anchorTo: 'end',
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
    rangeExtractor: (range: Range) =>
      [...new Set([...defaultRangeExtractor(range), ...keptIndexes])].sort((a, b) => a - b),
  });

  const hold = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    const edited = content.current?.querySelector('[data-row]:has(textarea:focus)');
    if (edited !== null && edited !== undefined) edited.scrollIntoView({ block: 'nearest' });
    else if (follow.current) view.scrollTop = view.scrollHeight;
    const { height, whole } = held.current;
    if (view.clientHeight !== height || view.scrollHeight !== whole) changed.current = performance.now();
    held.current = { height: view.clientHeight, whole: view.scrollHeight };
  }, []);

  const look = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    const { atEnd: newest, onNearTop, onNearBottom } = latest.current;
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    if (view.scrollTop < NEAR_EDGE) onNearTop();
    if (!newest && below < NEAR_EDGE) onNearBottom();
  }, []);

  const onScroll = useCallback(() => {
    const view = viewport.current;
    if (view === null) return;
    const { height, whole } = held.current;
    const now = performance.now();
    const settling =
      view.clientHeight !== height || view.scrollHeight !== whole || now - changed.current < SETTLE_MS;
    // The page moved by itself, as its size or that of its rows changed: only the reader's hand lets go of the bottom.
    if (follow.current && settling && now - moved.current > HAND_MS) return hold();
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    follow.current = latest.current.atEnd && below <= NEAR_BOTTOM;
    setAtBottom(follow.current);
    look();
  }, [look, hold]);

  // Before paint, so that nobody sees the rows jump and come back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: keys are the signal that the rows changed
  useLayoutEffect(() => {
    if (!atEnd) follow.current = false;
    hold();
    look();
  }, [hold, look, keys, atEnd]);

  useLayoutEffect(() => {
    if (viewport.current === null || content.current === null) return;
    const view = viewport.current;
    const observer = new ResizeObserver(hold);
    observer.observe(view);
    observer.observe(content.current);
    const move = () => {
      moved.current = performance.now();
    };
    for (const event of MOVES) view.addEventListener(event, move, { passive: true });
    return () => {
      observer.disconnect();
      for (const event of MOVES) view.removeEventListener(event, move);
    };
  }, [hold]);

  const toBottom = useCallback(() => {
    follow.current = true;
    setAtBottom(true);
    hold();
  }, [hold]);

  const reveal = useCallback(
    (key: string, align: 'auto' | 'center') => {
      const index = latest.current.keys.indexOf(key);
      if (index === -1) return;
      if (align === 'center') follow.current = false;
      virtualizer.scrollToIndex(index, { align });
    },
    [virtualizer],
  );

  return { virtualizer, viewport, content, atBottom, onScroll, toBottom, reveal };
}
