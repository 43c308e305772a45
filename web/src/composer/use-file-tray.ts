// The files of a composer and whether they may be sent.
import type { Upload } from '@parley/client';
import { useMemo, useSyncExternalStore } from 'react';
import { useTell } from '../parts/notices.tsx';
import { useClient, useStore } from '../session/use-client.ts';
import { type FileTray, fileTray, type TrayFile } from './file-tray.ts';

export interface Files {
  tray: FileTray;
  entries: readonly TrayFile[];
  /** All have arrived, or there are none. */
  ready: boolean;
  add(files: readonly File[]): void;
  uploads(): Upload[];
}

export function useFileTray(place: string): Files {
  const client = useClient();
  const tell = useTell();
  const tray = useMemo(() => fileTray(client, place), [client, place]);
  const entries = useStore(tray);
  const ready = useSyncExternalStore(
    useMemo(
      () => (listener: () => void) => {
        const offs = entries.map(({ task }) => task.subscribe(listener));
        return () => {
          for (const off of offs) off();
        };
      },
      [entries],
    ),
    () => entries.every(({ task }) => task.getSnapshot().status === 'ready'),
  );
  return {
    tray,
    entries,
    ready,
    add(files) {
      const left = tray.add(files);
      if (left > 0)
        tell(`A message carries at most 10 files; ${left} ${left === 1 ? 'was' : 'were'} left out.`);
    },
    uploads: () => entries.flatMap(({ task }) => task.getSnapshot().upload ?? []),
  };
}
