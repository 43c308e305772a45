// Where one writes: Enter sends, Shift+Enter breaks the line, @ offers members, files come by button, paste or drop.
// What is not sent yet is kept by the SDK, per room and thread, over reloads and devices.
import type { Draft, RoomHandle, Upload, User } from '@parley/client';
import { IconClock, IconMoodSmile, IconPaperclip, IconSend2 } from '@tabler/icons-react';
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import { useAnnounce } from '../parts/announcer.tsx';
import { useStore } from '../session/use-client.ts';
import styles from './composer.module.css';
import { FileChips } from './file-chips.tsx';
import { byteLength, limitHint, MAX_BYTES } from './limits.ts';
import { MentionListbox, optionId } from './mention-list.tsx';
import { EVERYONE, insertMention, type Mentionable } from './mentions.ts';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { useFileTray } from './use-file-tray.ts';
import { useMentions } from './use-mentions.ts';

interface ComposerProps {
  room: RoomHandle;
  threadId?: string;
  draft: Draft;
  label: string;
  people: readonly User[];
  /** May mention everyone at once. */
  everyone?: boolean;
  /** Why one cannot write here now. */
  disabledReason?: string;
  onSend(text: string, options: { attachments?: readonly Upload[] }): void;
  onTyping(on: boolean): void;
  /** Up arrow in an empty field. */
  onEditLast(): void;
  /** Words to put in the field, e.g. of a suggestion; a new object each time. */
  prefill?: { text: string } | undefined;
}

/** Mounted anew for each room and thread. */
export function Composer(props: ComposerProps) {
  const { room, threadId, draft, label, people, everyone = false, disabledReason } = props;
  const { onSend, onTyping, onEditLast, prefill } = props;
  const { body: text, replaced } = useStore(draft);
  const [scheduling, setScheduling] = useState(false);
  const [dragging, setDragging] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const caretWanted = useRef<number | undefined>(undefined);
  const listId = useId();
  const hintId = useId();
  const announce = useAnnounce();
  const files = useFileTray(threadId ?? room.key);
  const mentions = useMentions(
    useMemo(() => (everyone ? [...people, ...EVERYONE] : people), [people, everyone]),
  );
  const open = mentions.options.length > 0;
  const bytes = byteLength(text);
  const tooLong = bytes > MAX_BYTES;
  const disabled = disabledReason !== undefined;
  const hasWords = text.trim() !== '';
  const complete = (hasWords || files.entries.length > 0) && !tooLong && !disabled;
  const canSend = complete && files.ready;
  /** Meant to go as soon as the files have arrived. */
  const [waiting, setWaiting] = useState(false);

  useEffect(() => {
    if (prefill === undefined) return;
    caretWanted.current = prefill.text.length;
    draft.set(prefill.text);
    field.current?.focus();
  }, [prefill, draft]);

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

  // biome-ignore lint/correctness/useExhaustiveDependencies: sent once, when the last file arrives
  useEffect(() => {
    if (waiting && canSend) send();
    else if (waiting && !complete) setWaiting(false);
  }, [waiting, canSend, complete]);

  function send() {
    if (!canSend) return setWaiting(complete);
    setWaiting(false);
    const attachments = files.uploads();
    onSend(text.trim(), attachments.length === 0 ? {} : { attachments });
    files.tray.clear();
    clear();
  }

  function clear() {
    draft.clear();
    onTyping(false);
    mentions.look('', 0);
    field.current?.focus();
  }

  function pick(user: Mentionable | undefined) {
    if (user === undefined || mentions.query === undefined) return;
    const next = insertMention(text, mentions.query, user.handle);
    caretWanted.current = next.caret;
    draft.set(next.text);
    mentions.look(next.text, next.caret);
  }

  function insert(words: string) {
    const area = field.current;
    const from = area?.selectionStart ?? text.length;
    const to = area?.selectionEnd ?? text.length;
    caretWanted.current = from + words.length;
    draft.set(text.slice(0, from) + words + text.slice(to));
    // After the picker has given the focus back to its button.
    requestAnimationFrame(() => area?.focus());
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

  function onPaste(event: ClipboardEvent) {
    const pasted = [...event.clipboardData.files];
    if (pasted.length === 0) return;
    event.preventDefault();
    files.add(pasted);
  }

  const carriesFiles = (event: DragEvent) => !disabled && event.dataTransfer.types.includes('Files');

  return (
    <form
      className={styles.composer}
      aria-label={threadId === undefined ? 'Write a message' : 'Write a reply'}
      data-dragging={dragging || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
      }}
      onDrop={(event) => {
        setDragging(false);
        if (!carriesFiles(event)) return;
        event.preventDefault();
        files.add([...event.dataTransfer.files]);
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
      <div className={styles.box} data-disabled={disabled || undefined}>
        <FileChips tray={files.tray} entries={files.entries} />
        <textarea
          ref={field}
          className={styles.field}
          rows={1}
          value={text}
          placeholder={disabledReason ?? label}
          disabled={disabled}
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
            draft.set(value);
            mentions.look(value, selectionStart);
            onTyping(value.trim() !== '');
          }}
          onSelect={(event) => mentions.look(event.currentTarget.value, event.currentTarget.selectionStart)}
          onBlur={() => {
            mentions.close();
            onTyping(false);
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {!disabled && (
          <div className={styles.bar}>
            <button
              type="button"
              className={styles.tool}
              aria-label="Attach files"
              title="Attach files"
              onClick={() => chooser.current?.click()}
            >
              <IconPaperclip size={19} stroke={1.6} aria-hidden="true" />
            </button>
            <input
              ref={chooser}
              className="reader-only"
              type="file"
              multiple
              tabIndex={-1}
              aria-label="Files to attach"
              onChange={(event) => {
                files.add([...(event.currentTarget.files ?? [])]);
                event.currentTarget.value = '';
                field.current?.focus();
              }}
            />
            <EmojiPopover
              label="Insert an emoji"
              title="Insert an emoji"
              className={styles.tool ?? ''}
              position="top-start"
              onPick={insert}
            >
              <IconMoodSmile size={19} stroke={1.6} aria-hidden="true" />
            </EmojiPopover>
            <span className={styles.space} />
            {hasWords && files.entries.length === 0 && (
              <button
                type="button"
                className={styles.tool}
                aria-label="Send later"
                title="Send later"
                disabled={!canSend}
                onClick={() => setScheduling(true)}
              >
                <IconClock size={19} stroke={1.6} aria-hidden="true" />
              </button>
            )}
            <button
              type="submit"
              className={styles.send}
              disabled={!complete || waiting}
              aria-label="Send message"
            >
              <IconSend2 size={19} stroke={1.7} aria-hidden="true" />
            </button>
          </div>
        )}
      </div>
      <p id={hintId} className={styles.hint} data-problem={tooLong || undefined}>
        {disabledReason ?? (waiting ? 'Goes out as soon as the files have arrived' : limitHint(bytes)) ?? (
          <span className={styles.keys}>
            <kbd>Enter</kbd> sends, <kbd>Shift Enter</kbd> starts a line, <kbd>@</kbd> mentions
          </span>
        )}
        {replaced !== undefined && (
          <button type="button" className={styles.back} onClick={() => draft.set(replaced)}>
            Changed on another device. Bring back what was here
          </button>
        )}
      </p>
      {dragging && <div className={styles.drop}>Drop files to attach them</div>}
      {scheduling && (
        <ScheduleDialog
          roomId={room.getSnapshot().room?.id ?? room.key}
          threadId={threadId}
          body={text.trim()}
          onClose={() => setScheduling(false)}
          onDone={() => {
            setScheduling(false);
            clear();
          }}
        />
      )}
    </form>
  );
}
