// The state of the mention list: what is typed, who fits, which one is active. The composer draws it.

import { useCallback, useMemo, useState } from 'react';
import { findMention, type Mentionable, type MentionQuery, suggest } from './mentions.ts';

export interface MentionList {
  options: Mentionable[];
  active: number;
  query: MentionQuery | undefined;
  /** Call after every change of the text or the caret. */
  look(text: string, caret: number): void;
  move(by: number): void;
  point(index: number): void;
  close(): void;
}

export function useMentions(people: readonly Mentionable[]): MentionList {
  const [query, setQuery] = useState<MentionQuery>();
  const [active, setActive] = useState(0);
  /** Where Escape was pressed: this @ stays closed until another is typed. */
  const [closedAt, setClosedAt] = useState<number>();

  const options = useMemo(
    () => (query === undefined || query.start === closedAt ? [] : suggest(query.text, people)),
    [query, people, closedAt],
  );

  const look = useCallback((text: string, caret: number) => {
    const found = findMention(text, caret);
    setQuery((was) => (was?.start === found?.start && was?.text === found?.text ? was : found));
    if (found === undefined) setClosedAt(undefined);
    setActive(0);
  }, []);

  return {
    options,
    active: Math.min(active, Math.max(0, options.length - 1)),
    query,
    look,
    move: (by) => setActive((was) => (was + by + options.length) % options.length),
    point: setActive,
    close: () => setClosedAt(query?.start),
  };
}
