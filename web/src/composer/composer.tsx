// Where one writes: Enter sends, Shift+Enter breaks the line, @ offers members, / commands, files come by button, paste or drop.
// What is not sent yet is kept by the SDK, per room and thread, over reloads and devices.
import type { Draft, RoomHandle, Upload, User } from '@parley/client';
import { type ClipboardEvent, type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react';
import { CommandHint } from '../commands/command-hint.tsx';
import { commandOf, slashName } from '../commands/slash.ts';
import { useCommands } from '../commands/use-commands.ts';
import { useAnnounce } from '../parts/announcer.tsx';
import { useClient, usePart, useStore } from '../session/use-client.ts';
import styles from './composer.module.css';
import { ComposerBar } from './composer-bar.tsx';
import { ComposerHint } from './composer-hint.tsx';
import { FileChips } from './file-chips.tsx';
import { byteLength, limitHint, MAX_BYTES } from './limits.ts';
import { everyoneOf, type Mentionable } from './mentions.ts';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { optionId, SuggestionListbox } from './suggestion-list.tsx';
import { choose, type Suggestion } from './suggestions.ts';
import { useField } from './use-field.ts';
import { useFileDrop } from './use-file-drop.ts';
import { useFileTray } from './use-file-tray.ts';
import { useSpeech } from './use-speech.ts';
import { useSuggestions } from './use-suggestions.ts';

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
  /** A command was carried out; what came of it stands at the end. */
  onRan?(): void;
  /** Up arrow in an empty field. */
  onEditLast(): void;
  /** Words to put in the field, e.g. of a suggestion; a new object each time. */
  prefill?: { text: string } | undefined;
}

const NOBODY: readonly Mentionable[] = [];

/** Mounted anew for each room and thread. */
export function Composer(props: ComposerProps) {
  const { room, threadId, draft, label, people, everyone = false } = props;
  const speech = useSpeech(room);
  const disabledReason = props.disabledReason ?? speech.blocked;
  const { onSend, onTyping, onRan, onEditLast, prefill } = props;
  const { body: text, replaced } = useStore(draft);
  const [scheduling, setScheduling] = useState(false);
  const field = useField(text);
  const { focus, putCaret } = field;
  const listId = useId();
  const hintId = useId();
  const commandId = useId();
  const announce = useAnnounce();
  const files = useFileTray(threadId ?? room.key);
  const name = slashName(text);
  const commands = useCommands(room, threadId, name !== undefined);
  const presence = usePart(room, (snapshot) => snapshot.presence);
  const { list: rooms } = useStore(useClient().rooms);
  const suggestions = useSuggestions(
    useMemo(
      () => ({
        people,
        rooms,
        commands: commands.list,
        everyone: everyone ? everyoneOf(people, (id) => presence[id] !== undefined) : NOBODY,
      }),
      [people, rooms, commands.list, everyone, presence],
    ),
  );
  const { found } = suggestions;
  const open = suggestions.options.length > 0;
  const command = commandOf(text, commands.list);
  const problem = commands.problem?.text === text.trim() ? commands.problem : undefined;
  /** A slash and a word that is no command here: sent as words only when asked for again. */
  const [strange, setStrange] = useState<string>();
  const isStrange = name !== undefined && strange === text;
  const strangeWords = `${
    commands.ready ? `There is no command /${name} here.` : 'The commands of this room are not known yet.'
  } Send again to say it as it stands.`;
  const bytes = byteLength(text);
  const tooLong = bytes > MAX_BYTES;
  const disabled = disabledReason !== undefined;
  const hasWords = text.trim() !== '';
  const complete = (hasWords || files.entries.length > 0) && !tooLong && !disabled;
  const canSend = complete && files.ready && !commands.busy;
  /** Meant to go as soon as the files have arrived. */
  const [waiting, setWaiting] = useState(false);

  useEffect(() => {
    if (prefill === undefined) return;
    putCaret(prefill.text.length);
    draft.set(prefill.text);
    focus();
  }, [prefill, draft, focus, putCaret]);

  const offered = suggestions.options.length;
  useEffect(() => {
    if (offered > 0)
      announce(`${offered} ${offered === 1 ? 'suggestion' : 'suggestions'}, arrow keys to choose`);
  }, [offered, announce]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: sent once, when the last file arrives
  useEffect(() => {
    if (waiting && canSend) send();
    else if (waiting && !complete) setWaiting(false);
  }, [waiting, canSend, complete]);

  /** Meant to go as soon as it is known which commands there are. */
  const [asked, setAsked] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the commands are known
  useEffect(() => {
    if (asked === undefined || (asked === text && commands.loading)) return;
    setAsked(undefined);
    if (asked === text) send();
  }, [asked, text, commands.loading]);

  function send() {
    if (commands.busy) return;
    if (name !== undefined && name !== '' && files.entries.length === 0) {
      if (command !== undefined) return void run();
      if (commands.loading) return setAsked(text);
      if (strange !== text) {
        announce(strangeWords);
        return setStrange(text);
      }
    }
    if (!canSend) return setWaiting(complete);
    setWaiting(false);
    const attachments = files.uploads();
    onSend(text.trim(), attachments.length === 0 ? {} : { attachments });
    files.tray.clear();
    clear();
  }

  async function run() {
    onTyping(false);
    if (!(await commands.run(text.trim()))) return;
    clear();
    onRan?.();
  }

  function clear() {
    draft.clear();
    onTyping(false);
    setStrange(undefined);
    suggestions.look('', 0);
    focus();
  }

  function pick(option: Suggestion | undefined) {
    if (option === undefined || found === undefined) return;
    const next = choose(text, found, option);
    putCaret(next.caret);
    draft.set(next.text);
    suggestions.look(next.text, next.caret);
  }

  function insert(words: string) {
    const area = field.ref.current;
    const from = area?.selectionStart ?? text.length;
    const to = area?.selectionEnd ?? text.length;
    putCaret(from + words.length);
    draft.set(text.slice(0, from) + words + text.slice(to));
    // After the picker has given the focus back to its button.
    requestAnimationFrame(focus);
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
    const option = suggestions.options[suggestions.active];
    if (event.key === 'ArrowDown') suggestions.move(1);
    else if (event.key === 'ArrowUp') suggestions.move(-1);
    else if (event.key === 'Escape') suggestions.close();
    else if (event.key === 'Enter' && !event.shiftKey) {
      // Typed in full, there is nothing left to choose.
      if (name !== undefined && option?.word === found?.typed) return false;
      pick(option);
    } else if (event.key === 'Tab' && !event.shiftKey) pick(option);
    else {
      // The list goes away before the focus goes back past it.
      if (event.key === 'Tab') suggestions.close();
      return false;
    }
    return true;
  }

  function onPaste(event: ClipboardEvent) {
    const pasted = [...event.clipboardData.files];
    if (pasted.length === 0) return;
    event.preventDefault();
    files.add(pasted);
  }

  const hint = waiting
    ? 'Goes out as soon as the files have arrived'
    : commands.busy
      ? 'Being carried out…'
      : asked !== undefined && asked === text
        ? 'Goes on as soon as it is known which commands there are'
        : isStrange
          ? strangeWords
          : command !== undefined && files.entries.length > 0
            ? 'A command takes no files: this goes out as a message.'
            : (limitHint(bytes) ?? speech.notice);
  const { dragging, ...drop } = useFileDrop(disabled, files.add);

  return (
    <form
      className={styles.composer}
      aria-label={threadId === undefined ? 'Write a message' : 'Write a reply'}
      data-dragging={dragging || undefined}
      onSubmit={(event) => {
        // A dialog of the composer stands elsewhere in the page, but its form's submit comes up through here, too.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        send();
      }}
      {...drop}
    >
      {open && found !== undefined && (
        <SuggestionListbox
          id={listId}
          label={found.label}
          options={suggestions.options}
          active={suggestions.active}
          onPoint={suggestions.point}
          onPick={pick}
        />
      )}
      <div className={styles.box} data-disabled={disabled || undefined}>
        <FileChips tray={files.tray} entries={files.entries} />
        {command !== undefined && (
          <CommandHint id={commandId} command={command} at={found?.at} problem={problem} />
        )}
        <textarea
          ref={field.ref}
          className={styles.field}
          rows={1}
          value={text}
          placeholder={disabled ? 'You cannot write here now' : label}
          disabled={disabled}
          readOnly={commands.busy}
          aria-label={label}
          aria-describedby={command === undefined ? hintId : `${commandId} ${hintId}`}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={open ? listId : undefined}
          aria-activedescendant={open ? optionId(listId, suggestions.active) : undefined}
          aria-invalid={tooLong || problem !== undefined || undefined}
          enterKeyHint="send"
          onChange={(event) => {
            const { value, selectionStart } = event.currentTarget;
            draft.set(value);
            suggestions.look(value, selectionStart);
            onTyping(value.trim() !== '');
          }}
          onSelect={(event) =>
            suggestions.look(event.currentTarget.value, event.currentTarget.selectionStart)
          }
          onBlur={() => {
            suggestions.close();
            onTyping(false);
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {!disabled && (
          <ComposerBar
            later={
              !hasWords || files.entries.length > 0 || command ? 'hidden' : canSend ? 'offered' : 'disabled'
            }
            canSend={complete && !waiting && !commands.busy}
            sendLabel={command === undefined ? 'Send message' : `Run /${command.name}`}
            onFiles={(chosen) => {
              files.add(chosen);
              focus();
            }}
            onEmoji={insert}
            onLater={() => setScheduling(true)}
          />
        )}
      </div>
      <ComposerHint
        id={hintId}
        words={disabledReason ?? hint}
        isProblem={tooLong || isStrange}
        replaced={replaced}
        onBringBack={draft.set}
      />
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
