// What opens over the room about one message. One at a time; each is made when it opens.
import type { ChatMessage, RoomHandle } from '@parley/client';
import { lazy, Suspense, useMemo } from 'react';
import { lazyDialog } from '../parts/lazy-page.tsx';
import { DeleteDialog } from '../room/delete-dialog.tsx';
import { ExplainDialog } from './explain-dialog.tsx';
import { RemindDialog } from './remind-dialog.tsx';

const VersionsDialog = lazy(() => import('./versions-dialog.tsx'));
const ReportDialog = lazyDialog(async () => (await import('../room/report-dialog.tsx')).ReportDialog);
const MeasureDialog = lazyDialog(async () => (await import('../room/measure-dialog.tsx')).MeasureDialog);

export interface MessageDialog {
  kind: 'delete' | 'explain' | 'versions' | 'remind' | 'report' | 'measure';
  message: ChatMessage;
}

interface MessageDialogsProps {
  room: RoomHandle;
  dialog: MessageDialog | undefined;
  onClose(): void;
  onDelete(message: ChatMessage): void;
}

export function MessageDialogs({ room, dialog, onClose, onDelete }: MessageDialogsProps) {
  const at = (kind: MessageDialog['kind']) => (dialog?.kind === kind ? dialog.message : undefined);
  const measured = at('measure');
  const about = useMemo(() => measured && ({ user: measured.author, measure: 'mute' } as const), [measured]);
  return (
    <>
      <ReportDialog opened={at('report') !== undefined} message={at('report')} onClose={onClose} />
      <MeasureDialog opened={about !== undefined} room={room} about={about} onClose={onClose} />
      <ExplainDialog room={room} message={at('explain')} onClose={onClose} />
      <DeleteDialog message={at('delete')} onCancel={onClose} onDelete={onDelete} />
      <RemindDialog message={at('remind')} onClose={onClose} />
      {dialog?.kind === 'versions' && (
        <Suspense fallback={null}>
          <VersionsDialog message={dialog.message} onClose={onClose} />
        </Suspense>
      )}
    </>
  );
}
