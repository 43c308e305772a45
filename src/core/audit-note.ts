// What somebody may have to answer for, as modules say it: inside the transaction that makes it true, and kept by the audit.
// Must never carry what people wrote, nor secrets: ids, kinds, counts, names of things and hashes of states only.
import { createHash } from 'node:crypto';
import type { Tx } from './db/database.ts';
import type { Events } from './events.ts';
import type { Scope } from './scope.ts';

export interface AuditNote {
  tenantId: string;
  /** Dotted, what happened to what: `key.created`. */
  action: string;
  /** Who did it; left out where nobody did, as when something ran out. */
  actorId?: string | undefined;
  /** On which surface. */
  via?: Scope['via'] | undefined;
  /** The thing it was done to. */
  subject: { type: string; id: string };
  /** The agent that it concerns: its owner may read the note. */
  agentId?: string | undefined;
  roomId?: string | undefined;
  details?: Record<string, string | number | boolean | string[] | undefined>;
}

export const AUDIT = 'audit';

/** Keeps these notes with `tx`: if it rolls back, nothing happened and nothing is noted. */
export const note = (events: Events, tx: Tx, ...notes: AuditNote[]): Promise<void> =>
  events.emit<AuditNote>(tx, AUDIT, notes);

/** A hash of what a thing was like, for `before` and `after`: the same for the same, whatever the order of its fields. */
export const stateHash = (state: unknown): string =>
  createHash('sha256')
    .update(
      JSON.stringify(state, (_, value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
          : value,
      ) ?? '',
    )
    .digest('hex');

/** Who asked, and where. */
export const by = (scope: Scope): Pick<AuditNote, 'tenantId' | 'actorId' | 'via'> => ({
  tenantId: scope.tenantId,
  actorId: scope.user.id,
  via: scope.via,
});
