// The inbox of approvals: what waits for me, and what was decided before.
import type { Approval } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import rows from '../agents/rows.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient, useStore } from '../session/use-client.ts';
import { ApprovalCard } from './approval-card.tsx';
import styles from './approvals-page.module.css';
import { useAgentName } from './use-agent-name.ts';
import { DECIDED, useWaiting } from './use-approvals.ts';

export function ApprovalsPage({ onRooms }: { onRooms(): void }) {
  const query = useWaiting();
  return (
    <PageFrame title="Approvals" about="What agents may not do without your word" onRooms={onRooms}>
      {stateOf({ query, what: 'approvals' }) ?? <Waiting waiting={query.data ?? []} />}
      <Decided />
    </PageFrame>
  );
}

function Waiting({ waiting }: { waiting: Approval[] }) {
  if (waiting.length === 0)
    return (
      <EmptyState title="Nothing waits for you">
        When an agent of yours wants to act outside this server, it asks here first and waits.
      </EmptyState>
    );
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting" className={styles.title}>
        {waiting.length === 1 ? 'One call waits' : `${waiting.length} calls wait`}
      </h2>
      <ul className={styles.list}>
        {waiting.map((approval) => (
          <li key={approval.id}>
            <ApprovalCard approval={approval} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Decided() {
  const client = useClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  const query = useQuery({
    queryKey: DECIDED,
    queryFn: ({ signal }) =>
      client.call('list_approvals', { limit: 30, scope: isAdmin ? 'all' : 'mine' }, { signal }),
  });
  const decided = (query.data?.data ?? []).filter(({ status }) => status !== 'pending');
  if (decided.length === 0) return null;
  return (
    <section aria-labelledby="decided" className={styles.decided}>
      <h2 id="decided" className={styles.title}>
        Decided before
      </h2>
      <ul className={rows.rows}>
        {decided.map((approval) => (
          <DecidedRow key={approval.id} approval={approval} />
        ))}
      </ul>
    </section>
  );
}

const ENDED: Record<Approval['status'], string> = {
  pending: 'Waits',
  approved: 'Approved',
  rejected: 'Refused',
  expired: 'Expired',
  cancelled: 'Stopped before a word',
};

function DecidedRow({ approval }: { approval: Approval }) {
  const agent = useAgentName(approval.agentId);
  const at = approval.decidedAt ?? approval.createdAt;
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p>
          <strong>{ENDED[approval.status]}</strong>
          {approval.editedArguments !== undefined && ', changed'}:{' '}
          {approval.editedPreview ?? approval.preview}
        </p>
        <p className={rows.about}>
          {agent}, {approval.tool.replaceAll('_', ' ')}, for {approval.requester.name} ·{' '}
          <time dateTime={at} title={formatFull(at)}>
            {formatDay(at)}, {formatTime(at)}
          </time>
          {approval.comment !== undefined && ` · “${approval.comment}”`}
        </p>
      </div>
    </li>
  );
}
