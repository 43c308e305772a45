// Choosing an emoji by words, by group, or from the ones used last. The focus stays in the search field; arrow keys
// move among the emoji. Loaded as its own chunk; see emoji-popover.tsx.
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { type Emoji, findEmoji, GROUPS, inGroup, nameOf } from './emoji-find.ts';
import styles from './emoji-picker.module.css';
import { recentEmoji } from './recent-emoji.ts';

const COLUMNS = 9;

function withSmileys(recent: readonly Emoji[]): Emoji[] {
  const there = new Set(recent.map(({ name }) => name));
  return [...recent, ...inGroup(0).filter(({ name }) => !there.has(name))];
}

export default function EmojiPicker({ onPick }: { onPick(emoji: string): void }) {
  const [words, setWords] = useState('');
  const [group, setGroup] = useState<number>();
  const [active, setActive] = useState(0);
  const grid = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const recent = useMemo(() => recentEmoji().map((emoji): Emoji => ({ emoji, name: nameOf(emoji) })), []);
  const shown = useMemo(
    () =>
      words.trim() !== '' ? findEmoji(words) : group === undefined ? withSmileys(recent) : inGroup(group),
    [words, group, recent],
  );
  const current = Math.min(active, shown.length - 1);

  useEffect(() => field.current?.focus(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown begins at its top
  useEffect(() => {
    setActive(0);
    grid.current?.scrollTo({ top: 0 });
  }, [words, group]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the one in hand stays in view
  useEffect(() => {
    grid.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (step !== undefined && shown.length > 0) {
      event.preventDefault();
      setActive(Math.min(shown.length - 1, Math.max(0, current + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const chosen = shown[current];
      if (chosen !== undefined) onPick(chosen.emoji);
    }
  }

  return (
    <div className={styles.picker}>
      <input
        ref={field}
        className={styles.search}
        type="text"
        role="combobox"
        placeholder="Search emoji"
        aria-label="Search emoji"
        aria-expanded="true"
        aria-controls={`${id}-grid`}
        aria-activedescendant={shown.length === 0 ? undefined : `${id}-${current}`}
        aria-autocomplete="list"
        autoComplete="off"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div ref={grid} id={`${id}-grid`} className={styles.grid} role="listbox" aria-label="Emoji">
        {shown.map(({ emoji, name }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the search field, which owns the focus
          // biome-ignore lint/a11y/useFocusableInteractive: an option of an aria-activedescendant list is never focused
          <div
            key={emoji}
            id={`${id}-${index}`}
            role="option"
            className={styles.emoji}
            aria-label={name}
            aria-selected={index === current}
            title={name}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onPick(emoji)}
          >
            {emoji}
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className={styles.none}>No emoji is called that.</p>}
      <div className={styles.foot}>
        <p className={styles.name} aria-hidden="true">
          {shown[current]?.name ?? ''}
        </p>
        <fieldset className={styles.groups}>
          <legend className="reader-only">Groups</legend>
          {GROUPS.map(({ id: of, sign, name }) => (
            <button
              key={of}
              type="button"
              className={styles.group}
              aria-label={name}
              aria-pressed={words.trim() === '' && group === of}
              title={name}
              onClick={() => {
                setWords('');
                setGroup(group === of ? undefined : of);
                field.current?.focus();
              }}
            >
              {sign}
            </button>
          ))}
        </fieldset>
      </div>
    </div>
  );
}
