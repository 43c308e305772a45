// Recomputes the chain of a tenant's audit from what is stored, and says where it is broken. It trusts nothing that the
// database computed: the hashes are made here again. Must never write.
import { createHash } from 'node:crypto';
import type { Db } from '../../core/db/database.ts';
import type { AuditVerdict } from './contract.ts';
import * as repo from './repository.ts';

/** Entries read at once, and looked at by one call. */
const BATCH = 2000;
const MOST_CHECKED = 20_000;
const MOST_PROBLEMS = 20;

/** @param known a head that was noted earlier */
export async function verifyChain(
  db: Db,
  tenantId: string,
  { fromSeq, known }: { fromSeq: number; known?: repo.Head | undefined },
): Promise<AuditVerdict> {
  const problems: AuditVerdict['problems'] = [];
  const { head, lastSeq, placeless } = await repo.findEnd(db, tenantId);
  const end = Math.max(head.seq, lastSeq);
  const toSeq = Math.min(end, fromSeq + MOST_CHECKED - 1);
  let before: repo.Head = {
    seq: fromSeq - 1,
    hash: fromSeq === 1 ? '' : ((await repo.hashAt(db, tenantId, fromSeq - 1)) ?? ''),
  };
  let checked = 0;
  while (before.seq < toSeq) {
    const rows = await repo.readChain(db, tenantId, { fromSeq: before.seq + 1, toSeq, limit: BATCH });
    for (const row of rows) {
      if (row.seq !== before.seq + 1) problems.push(missing(before.seq + 1, row.seq - 1));
      else if (row.previousHash !== before.hash)
        problems.push({ seq: row.seq, problem: 'does not follow from the entry before it' });
      if (hashOf(tenantId, row) !== row.hash) problems.push({ seq: row.seq, problem: 'was changed' });
      before = row;
    }
    checked += rows.length;
    if (rows.length < BATCH) break;
  }
  if (before.seq < toSeq) problems.push(missing(before.seq + 1, toSeq));
  const complete = toSeq === end;
  if (complete) {
    if (lastSeq > head.seq)
      problems.push({ seq: lastSeq, problem: `was put in: the chain ends at ${head.seq}` });
    else if (lastSeq === head.seq && before.hash !== head.hash)
      problems.push({ seq: lastSeq, problem: 'is not the entry that the chain ends with' });
    if (placeless > 0) problems.push({ seq: 0, problem: `${placeless} entries stand outside of the chain` });
  }
  if (known !== undefined && (await repo.hashAt(db, tenantId, known.seq)) !== known.hash)
    problems.push({ seq: known.seq, problem: 'is not the entry that was known' });
  return {
    ok: problems.length === 0,
    checked,
    fromSeq,
    toSeq: Math.max(toSeq, 0),
    complete,
    head,
    problems: problems.slice(0, MOST_PROBLEMS),
  };
}

const missing = (from: number, to: number) => ({
  seq: from,
  problem: from === to ? 'is missing' : `is missing, and so is all up to ${to}`,
});

const hashOf = (tenantId: string, { previousHash, seq, id, at, entry }: repo.EntryRow): string =>
  createHash('sha256').update([previousHash, tenantId, seq, id, at, entry].join('\n')).digest('hex');
