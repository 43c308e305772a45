// The files that wait to be sent with the next message of one composer. They stay while another room is open.
import type { Client, Off, Store, UploadTask } from '@parley/client';

export interface TrayFile {
  id: number;
  file: File;
  task: UploadTask;
  /** Of a picture, shown before it has arrived. */
  preview: string | undefined;
}

export interface FileTray extends Store<readonly TrayFile[]> {
  /** @returns how many were left out, because a message carries no more */
  add(files: readonly File[]): number;
  remove(id: number): void;
  /** Empties it without giving the uploads up: they were sent. */
  clear(): void;
}

/** Files that one message may carry. */
const MOST = 10;
const trays = new WeakMap<Client, Map<string, FileTray>>();

export function fileTray(client: Client, place: string): FileTray {
  const mine = trays.get(client) ?? new Map<string, FileTray>();
  trays.set(client, mine);
  const tray = mine.get(place) ?? createTray(client);
  mine.set(place, tray);
  return tray;
}

function createTray(client: Client): FileTray {
  let entries: readonly TrayFile[] = [];
  let last = 0;
  const listeners = new Set<() => void>();
  const set = (next: readonly TrayFile[]) => {
    entries = next;
    for (const listener of listeners) listener();
  };
  const release = ({ preview }: TrayFile) => preview !== undefined && URL.revokeObjectURL(preview);

  return {
    getSnapshot: () => entries,
    subscribe(listener): Off {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(files) {
      const taken = files.slice(0, MOST - entries.length);
      set([
        ...entries,
        ...taken.map((file) => ({
          id: ++last,
          file,
          task: client.uploads.upload(file, { name: file.name || 'file' }),
          preview: file.type.startsWith('image/') ? URL.createObjectURL(file) : undefined,
        })),
      ]);
      return files.length - taken.length;
    },
    remove(id) {
      const gone = entries.find((entry) => entry.id === id);
      if (gone === undefined) return;
      gone.task.cancel();
      release(gone);
      set(entries.filter((entry) => entry !== gone));
    },
    clear() {
      for (const entry of entries) release(entry);
      set([]);
    },
  };
}
