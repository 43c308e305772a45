// Changing one's own message in place: Enter saves, Escape gives up, focus goes back to the message.
import { Button } from '@mantine/core';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import styles from './message-editor.module.css';

interface MessageEditorProps {
  body: string;
  /** Rejecting keeps the editor open. */
  onSave(body: string): Promise<void>;
  onCancel(): void;
}

export function MessageEditor({ body, onSave, onCancel }: MessageEditorProps) {
  const [text, setText] = useState(body);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const area = field.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    if (field.current === null) return;
    field.current.style.height = 'auto';
    field.current.style.height = `${field.current.scrollHeight}px`;
  }, [text]);

  async function save() {
    const next = text.trim();
    if (next === '' || busy) return;
    if (next === body) return onCancel();
    setBusy(true);
    try {
      await onSave(next);
    } catch {
      setBusy(false);
      field.current?.focus();
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      onCancel();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void save();
    }
  }

  return (
    <form
      className={styles.editor}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={field}
        className={styles.field}
        aria-label="Edit message"
        value={text}
        rows={1}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div className={styles.buttons}>
        <Button size="xs" type="submit" loading={busy} disabled={text.trim() === ''}>
          Save
        </Button>
        <Button size="xs" variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <span className={styles.hint}>Enter saves, Escape cancels</span>
      </div>
    </form>
  );
}
