// Keeps what was taken out of agents' texts or withheld: for who answers for the agent, and what was withheld for the audit. Names
// of rules and categories, never the text.
import { type AuditNote, note } from '../../core/audit-note.ts';
import type { Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Findings } from './filter.ts';
import type { Moderated } from './moderation.ts';
import * as repo from './repository.ts';

/** Where a text belongs: to a message, or to a call that waits for a person. */
export interface TextOf {
  tenantId: string;
  agentId: string;
  roomId: string;
  runId?: string | undefined;
  messageId?: string | undefined;
  executionId?: string | undefined;
}

const rowOf = ({ tenantId, agentId, roomId, runId, messageId, executionId }: TextOf) => ({
  id: newId(),
  tenantId,
  agentId,
  roomId,
  runId: runId ?? null,
  messageId: messageId ?? null,
  executionId: executionId ?? null,
});

export const recordFindings = (tx: Tx, of: TextOf, findings: Findings): Promise<void> =>
  repo.insertCheck(tx, {
    ...rowOf(of),
    judge: 'rules',
    verdict: 'redacted',
    findings: JSON.stringify(findings),
  });

/** @param who the person whose text it is; without one it is the agent's */
export async function recordBlocked(
  events: Events,
  tx: Tx,
  of: TextOf,
  { blocked, model }: Moderated,
  who: Pick<AuditNote, 'actorId' | 'via'> = { actorId: of.agentId, via: 'agent' },
): Promise<void> {
  if (blocked === undefined) return;
  const { reason, categories } = blocked;
  const found = reason === 'content_blocked' ? categories : ['unavailable'];
  const row = rowOf(of);
  await repo.insertCheck(tx, {
    ...row,
    judge: 'moderation',
    verdict: 'blocked',
    findings: JSON.stringify(Object.fromEntries(found.map((name) => [name, 1]))),
  });
  const { tenantId, agentId, roomId, runId, messageId, executionId } = of;
  await note(events, tx, {
    tenantId,
    ...who,
    action: 'content.blocked',
    subject: { type: 'content_check', id: row.id },
    agentId,
    roomId,
    details: { reason, categories, model, runId, messageId, executionId },
  });
}
