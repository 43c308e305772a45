// Leaving a message for later: it is sent once, at its time, under the rights one has then.
import { Modal } from '@mantine/core';
import { MomentForm } from '../messages/moment-form.tsx';
import { Words } from '../messages/quote.tsx';
import { useDone } from '../parts/notices.tsx';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';

interface ScheduleDialogProps {
  roomId: string;
  threadId?: string | undefined;
  body: string;
  onClose(): void;
  onDone(): void;
}

export function ScheduleDialog({ roomId, threadId, body, onClose, onDone }: ScheduleDialogProps) {
  const client = useClient();
  const done = useDone();
  async function schedule(dueAt: string) {
    await client.scheduled.send({ roomId, body, dueAt, ...(threadId !== undefined && { threadId }) });
    done(`Your message goes out ${formatWhen(dueAt)}`);
    onDone();
  }
  return (
    <Modal opened onClose={onClose} title="Send later">
      <MomentForm about={<Words>{body}</Words>} submit="Send later" onMoment={schedule} onClose={onClose} />
    </Modal>
  );
}
