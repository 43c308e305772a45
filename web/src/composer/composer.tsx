// Where one writes: Enter sends, Shift+Enter breaks the line, @ offers members, the draft survives a reload.

import type { User } from '@parley/client';
import { IconSend2 } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import styles from './composer.module.css';
import { readDraft, writeDraft } from './drafts.ts';
import { MentionListbox, optionId } from './mention-list.tsx';
import { insertMention } from './mentions.ts';
import { useMentions } from './use-mentions.ts';

interface ComposerProps {
  userId: string;
  roomId: string;
  label: string;
  people: readonly User[];
  /** Why one cannot write here now. */
  disabledReason?: string;
  onSend(text: string): void;
  onTyping(on: boolean): void;
  /** Up arrow in an empty field. */
  onEditLast(): void;
  /** Words to put in the field, e.g. of a suggestion; a new object each time. */
  prefill?: { text: string } | undefined;
}

/** The server's limit, in bytes of UTF-8. */
const MAX_BYTES = 16 * 1024;
const HINT_FROM = MAX_BYTES * 0.8;
const utf8 = new TextEncoder();

/** Mounted anew for each room, so that each has its own draft. */
export function Composer(props: ComposerProps) {
  const { userId, roomId, label, people, disabledReason, onSend, onTyping, onEditLast, prefill } = props;
  const [text, setText] = useState(() => readDraft(userId, roomId));
  const field = useRef<HTMLTextAreaElement>(null);
  const caretWanted = useRef<number | undefined>(undefined);
  const listId = useId();
  const hintId = useId();
  const announce = useAnnounce();
  const mentions = useMentions(people);
  const open = mentions.options.length > 0;
  const bytes = text.length * 3 < HINT_FROM ? 0 : utf8.encode(text).length;
  const tooLong = bytes > MAX_BYTES;
  const canSend = text.trim() !== '' && !tooLong && disabledReason === undefined;

  useEffect(() => writeDraft(userId, roomId, text), [userId, roomId, text]);

  useEffect(() => {
    if (prefill === undefined) return;
    caretWanted.current = prefill.text.length;
    setText(prefill.text);
    field.current?.focus();
  }, [prefill]);

  const found = mentions.options.length;
  useEffect(() => {
    if (found > 0) announce(`${found} ${found === 1 ? 'suggestion' : 'suggestions'}, arrow keys to choose`);
  }, [found, announce]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
    if (caretWanted.current !== undefined) {
      area.setSelectionRange(caretWanted.current, caretWanted.current);
      caretWanted.current = undefined;
    }
  }, [text]);

  function send() {
    if (!canSend) return;
    onSend(text.trim());
    setText('');
    onTyping(false);
    mentions.look('', 0);
    field.current?.focus();
  }

  function pick(user: User | undefined) {
    if (user === undefined || mentions.query === undefined) return;
    const next = insertMention(text, mentions.query, user.handle);
    caretWanted.current = next.caret;
    setText(next.text);
    mentions.look(next.text, next.caret);
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.nativeEvent.isComposing) return;
    if (open && takeListKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault();
      onEditLast();
    }
  }

  function takeListKey(event: KeyboardEvent): boolean {
    if (event.key === 'ArrowDown') mentions.move(1);
    else if (event.key === 'ArrowUp') mentions.move(-1);
    else if (event.key === 'Escape') mentions.close();
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab')
      pick(mentions.options[mentions.active]);
    else return false;
    return true;
  }

  return (
    <form
      className={styles.composer}
      aria-label="Write a message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {open && (
        <MentionListbox
          id={listId}
          options={mentions.options}
          active={mentions.active}
          onPoint={mentions.point}
          onPick={pick}
        />
      )}
      <div className={styles.box} data-disabled={disabledReason !== undefined || undefined}>
        <textarea
          ref={field}
          className={styles.field}
          rows={1}
          value={text}
          placeholder={disabledReason ?? label}
          disabled={disabledReason !== undefined}
          aria-label={label}
          aria-describedby={hintId}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={open ? listId : undefined}
          aria-activedescendant={open ? optionId(listId, mentions.active) : undefined}
          aria-invalid={tooLong || undefined}
          enterKeyHint="send"
          onChange={(event) => {
            const { value, selectionStart } = event.currentTarget;
            setText(value);
            mentions.look(value, selectionStart);
            onTyping(value.trim() !== '');
          }}
          onSelect={(event) => mentions.look(event.currentTarget.value, event.currentTarget.selectionStart)}
          onBlur={() => {
            mentions.close();
            onTyping(false);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className={styles.send} disabled={!canSend} aria-label="Send message">
          <IconSend2 size={20} stroke={1.7} aria-hidden="true" />
        </button>
      </div>
      <p id={hintId} className={styles.hint} data-problem={tooLong || undefined}>
        {disabledReason ?? limitHint(bytes) ?? (
          <span className={styles.keys}>
            <kbd>Enter</kbd> sends, <kbd>Shift Enter</kbd> starts a line, <kbd>@</kbd> mentions
          </span>
        )}
      </p>
    </form>
  );
}

function limitHint(bytes: number): string | undefined {
  if (bytes < HINT_FROM) return undefined;
  const left = MAX_BYTES - bytes;
  return left >= 0
    ? `About ${left.toLocaleString()} characters left`
    : `${(-left).toLocaleString()} characters too long; split the message`;
}
