// The files above the composer: how far each has come, and taking it away or trying it again.
import { CloseButton } from '@mantine/core';
import { IconFile, IconReload } from '@tabler/icons-react';
import { formatBytes } from '../messages/bytes.ts';
import { messageOf } from '../parts/errors.ts';
import { useStore } from '../session/use-client.ts';
import styles from './file-chips.module.css';
import type { FileTray, TrayFile } from './file-tray.ts';

export function FileChips({ tray, entries }: { tray: FileTray; entries: readonly TrayFile[] }) {
  if (entries.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Files to send">
      {entries.map((entry) => (
        <Chip key={entry.id} entry={entry} onRemove={() => tray.remove(entry.id)} />
      ))}
    </ul>
  );
}

function Chip({ entry, onRemove }: { entry: TrayFile; onRemove(): void }) {
  const { name, bytes, sent, status, error } = useStore(entry.task);
  const failed = status === 'failed';
  const part = bytes === 0 ? 1 : sent / bytes;
  return (
    <li className={styles.chip} data-status={status}>
      <span className={styles.sign}>
        {entry.preview === undefined ? (
          <IconFile size={18} stroke={1.5} aria-hidden="true" />
        ) : (
          <img src={entry.preview} alt="" />
        )}
      </span>
      <span className={styles.words}>
        <span className={styles.name}>{name}</span>
        <span className={styles.state} role={failed ? 'alert' : undefined}>
          {failed
            ? messageOf(error)
            : status === 'ready'
              ? formatBytes(bytes)
              : status === 'waiting'
                ? 'Waiting for the connection…'
                : `${Math.floor(part * 100)} % of ${formatBytes(bytes)}`}
        </span>
      </span>
      {failed && (
        <button
          type="button"
          className={styles.again}
          aria-label={`Try ${name} again`}
          onClick={() => entry.task.retry()}
        >
          <IconReload size={16} aria-hidden="true" />
        </button>
      )}
      <CloseButton
        size="sm"
        aria-label={status === 'ready' ? `Take ${name} away` : `Cancel ${name}`}
        onClick={onRemove}
      />
      {(status === 'sending' || status === 'waiting') && (
        <progress className={styles.progress} value={part} max={1} aria-label={`Upload of ${name}`} />
      )}
    </li>
  );
}
