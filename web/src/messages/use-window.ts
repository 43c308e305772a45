// The window of rows in the page as state: it stays on the same rows while the list changes around it.
import { useCallback, useState } from 'react';
import { afterChange, growDown, growUp, newest, type Range } from './window.ts';

export interface RowWindow {
  range: Range;
  /** The newest row is in the page. */
  atEnd: boolean;
  up(): void;
  down(): void;
  toNewest(): void;
}

export function useWindow(ids: readonly string[]): RowWindow {
  const [state, setState] = useState(() => ({ ids, range: newest(ids.length) }));
  let { range } = state;
  if (state.ids !== ids) {
    range = afterChange(range, state.ids[range.start], ids, range.end >= state.ids.length);
    setState({ ids, range });
  }
  const count = ids.length;
  const change = useCallback((next: (range: Range) => Range) => {
    setState((was) => {
      const changed = next(was.range);
      const same = changed.start === was.range.start && changed.end === was.range.end;
      return same ? was : { ...was, range: changed };
    });
  }, []);
  return {
    range,
    atEnd: range.end >= count,
    up: useCallback(() => change(growUp), [change]),
    down: useCallback(() => change((was) => growDown(was, count)), [change, count]),
    toNewest: useCallback(() => change(() => newest(count)), [change, count]),
  };
}
