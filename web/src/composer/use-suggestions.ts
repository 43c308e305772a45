// The state of the list above the composer: what is typed, what fits, which one is active. The composer draws it.
import { useCallback, useMemo, useState } from 'react';
import { type Known, type Suggestion, type Suggestions, suggestionsAt } from './suggestions.ts';

export interface SuggestionState {
  /** What is being typed, also while nothing is offered for it. */
  found: Suggestions | undefined;
  options: readonly Suggestion[];
  active: number;
  /** Call after every change of the text or the caret. */
  look(text: string, caret: number): void;
  move(by: number): void;
  point(index: number): void;
  close(): void;
}

const NONE: readonly Suggestion[] = [];

export function useSuggestions(known: Known): SuggestionState {
  const [place, setPlace] = useState({ text: '', caret: 0 });
  const [active, setActive] = useState(0);
  /** Where Escape was pressed: that word stays closed until another is begun. */
  const [closedAt, setClosedAt] = useState<number>();
  const found = useMemo(() => suggestionsAt(place.text, place.caret, known), [place, known]);
  const options = found === undefined || found.start === closedAt ? NONE : found.options;

  const look = useCallback((text: string, caret: number) => {
    setPlace((was) => (was.text === text && was.caret === caret ? was : { text, caret }));
    setActive(0);
  }, []);
  if (closedAt !== undefined && found?.start !== closedAt) setClosedAt(undefined);

  return {
    found,
    options,
    active: Math.min(active, Math.max(0, options.length - 1)),
    look,
    move: (by) => setActive((was) => (was + by + options.length) % options.length),
    point: setActive,
    close: () => setClosedAt(found?.start),
  };
}
