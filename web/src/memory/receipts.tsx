// What an agent forgot, corrected or was allowed at one's word, in numbers.
import type { Agent, MemoryReceipt } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './recall.module.css';
import { memoriesKey } from './use-memories.ts';

const ACTIONS: Record<MemoryReceipt['action'], string> = {
  forget: 'Forgotten',
  correct: 'Corrected',
  consent: 'Choice kept',
};

export function ReceiptCard({ receipt }: { receipt: MemoryReceipt }) {
  return (
    <div className={styles.receipt} role="status">
      <strong>{ACTIONS[receipt.action]}</strong>
      <span>{countsWords(receipt.counts)}</span>
      <span>
        Receipt {receipt.id}, {formatFull(receipt.createdAt)}
      </span>
    </div>
  );
}

export function Receipts({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useQuery({
    queryKey: [...memoriesKey(agent.id), 'receipts'],
    queryFn: ({ signal }) => client.call('list_memory_receipts', { agentId: agent.id }, { signal }),
  });
  const receipts = query.data?.data ?? [];
  if (receipts.length === 0) return null;
  return (
    <details className={styles.why}>
      <summary>{receipts.length === 1 ? 'One receipt' : `${receipts.length} receipts`}</summary>
      <ul>
        {receipts.map((receipt) => (
          <li key={receipt.id} className={fields.hint}>
            {ACTIONS[receipt.action]}, {formatDay(receipt.createdAt)} {formatTime(receipt.createdAt)}:{' '}
            {countsWords(receipt.counts)}
          </li>
        ))}
      </ul>
    </details>
  );
}

const COUNTED: Record<string, [one: string, more: string]> = {
  turn: ['thing it had heard', 'things it had heard'],
  fact: ['fact', 'facts'],
  episode: ['account of what happened', 'accounts of what happened'],
  relationship: ['note on somebody', 'notes on somebody'],
  note: ['note on how to do something', 'notes on how to do something'],
  keysDestroyed: ['key destroyed', 'keys destroyed'],
  recordsErased: ['record of a tool erased', 'records of tools erased'],
};

function countsWords(counts: Record<string, number>): string {
  const words = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${COUNTED[name]?.[count === 1 ? 0 : 1] ?? name}`);
  return words.length === 0 ? 'nothing was there to erase.' : `${words.join(', ')}.`;
}
