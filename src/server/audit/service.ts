// The audit: keeps what modules say somebody may have to answer for, in the transaction in which it happened, and shows it.
// Who came and went in rooms on their own is in the rooms' logs; here is what was done to somebody else.
import { AUDIT, type AuditNote } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { UserCreated, UserRemoved } from '../identity/service.ts';
import type { MembershipChanged } from '../rooms/service.ts';
import { verifyChain } from './chain.ts';
import type { AuditEntry, AuditVerdict, listAudit, verifyAudit } from './contract.ts';
import * as repo from './repository.ts';

export { verifyChain } from './chain.ts';
export { listTenants } from './repository.ts';

export type AuditService = ReturnType<typeof createAuditService>;

const MAX_TEXT = 300;
const MAX_ITEMS = 50;

/** Listens to `events` from now on: create it before anything happens. */
export function createAuditService({ database, events }: { database: Database; events: Events }) {
  async function keep(tx: Tx, notes: AuditNote[]): Promise<void> {
    if (notes.length === 0) return;
    const rows = notes.map((note) => ({ id: newId(), tenantId: note.tenantId, entry: entryOf(note) }));
    await repo.insertEntries(tx, rows);
  }

  events.on<AuditNote>(AUDIT, keep);

  const people =
    (action: string) =>
    (tx: Tx, said: UserCreated[]): Promise<void> =>
      keep(
        tx,
        said
          .filter(({ user }) => user.kind === 'human')
          .map(({ tenantId, user }) => ({
            tenantId,
            action,
            actorId: user.id,
            subject: { type: 'user', id: user.id },
          })),
      );
  events.on<UserCreated>('user.created', people('member.added'));
  events.on<UserCreated>('user.restored', people('member.restored'));
  events.on<UserRemoved>('user.removed', (tx, said) =>
    keep(
      tx,
      said.map(({ tenantId, userId, by }) => ({
        tenantId,
        action: 'member.removed',
        actorId: by,
        subject: { type: 'user', id: userId },
      })),
    ),
  );
  events.on<MembershipChanged>('membership.changed', (tx, changes) =>
    keep(
      tx,
      changes
        .filter(({ user, by, room }) => by !== user.id && room.kind !== 'direct')
        .map(({ tenantId, roomId, user, change, role, by }) => ({
          tenantId,
          action: change === 'joined' ? 'room_member.added' : 'room_member.removed',
          actorId: by,
          subject: { type: 'user', id: user.id },
          roomId,
          ...(user.kind === 'agent' ? { agentId: user.id } : {}),
          details: { role },
        })),
    ),
  );

  return {
    async list(scope: Scope, { limit, cursor, action, actorId, agentId }: InputOf<typeof listAudit>) {
      const before = Number(cursor);
      const rows = await repo.listEntries(database.db, scope.tenantId, {
        beforeSeq: Number.isSafeInteger(before) && before > 0 ? before : undefined,
        limit: limit + 1,
        action,
        actorId,
        agentId,
        ownerId: scope.role === 'admin' ? undefined : scope.user.id,
      });
      const data = rows.slice(0, limit).map(toEntry);
      const last = data.at(-1);
      return {
        data,
        ...(rows.length > limit && last !== undefined ? { nextCursor: String(last.seq) } : {}),
      };
    },

    verify: (
      scope: Scope,
      { fromSeq, knownSeq, knownHash }: InputOf<typeof verifyAudit>,
    ): Promise<AuditVerdict> =>
      verifyChain(database.db, scope.tenantId, {
        fromSeq,
        known:
          knownSeq === undefined || knownHash === undefined ? undefined : { seq: knownSeq, hash: knownHash },
      }),
  };
}

/** JSON that the database takes whatever the text in it is. */
function entryOf({ action, actorId, via, subject, agentId, roomId, details }: AuditNote): string {
  return JSON.stringify(
    { action, actorId, via, subject, agentId, roomId, details: details ?? {} },
    (_, value) =>
      typeof value === 'string'
        ? value.slice(0, MAX_TEXT).replaceAll('\0', '').toWellFormed()
        : Array.isArray(value)
          ? value.slice(0, MAX_ITEMS)
          : value,
  );
}

function toEntry({ seq, id, entry, at, previousHash, hash }: repo.EntryRow): AuditEntry {
  return {
    seq,
    id,
    at,
    ...(JSON.parse(entry) as Pick<AuditEntry, 'action' | 'subject' | 'details'>),
    previousHash,
    hash,
  };
}
