// How words lie in their rows: in plain, or sealed with their vector under their subject's newest key. Must never lay anything
// delicate in plain, nor answer words whose row was moved or changed in the database.

import { createHash } from 'node:crypto';
import type { Database, Tx } from '../core/db/database.ts';
import { vectorText } from '../core/db/vectors.ts';
import type { MemoryKeys } from './keys.ts';
import type * as repo from './repository.ts';
import type { Sealer } from './sealing.ts';

export interface Words {
  content: string;
  context: Record<string, unknown>;
}

export function createLaying({
  database,
  keys,
  sealer,
}: {
  database: Database;
  keys: MemoryKeys;
  sealer: Sealer;
}) {
  /** How words lie in their row: in plain, or sealed under the subject's newest key. */
  async function lay(
    tx: Tx,
    holder: repo.Holder,
    id: string,
    words: Words & { vector: repo.Vector; scopeKey: string; slot?: string | undefined },
    sealedFor: string | undefined,
  ) {
    const { content, context, vector, scopeKey, slot } = words;
    const said = `${scopeKey}${fold(content)}`;
    const model = { embeddingModel: vector.model, embeddingDimensions: vector.dimensions };
    if (sealedFor === undefined) {
      return {
        ...model,
        content,
        context: JSON.stringify(context),
        contentHash: createHash('sha256').update(said).digest('hex'),
        embedding: vectorText(vector.values),
        slot: slot ?? null,
        sensitive: false,
        sealed: null,
        keySubject: null,
        keyVersion: null,
      };
    }
    const { key, version } = await keys.current(tx, holder.tenantId, holder.agentId, sealedFor);
    const place = { ...holder, memoryId: id, keyVersion: version };
    return {
      ...model,
      content: '',
      context: '{}',
      contentHash: sealer.fingerprint(key, said),
      embedding: null,
      slot: slot === undefined ? null : sealer.fingerprint(key, `slot ${slot}`),
      sensitive: true,
      sealed: sealer.seal(key, place, { content, context, vector: vector.values, slot }),
      keySubject: sealedFor,
      keyVersion: version,
    };
  }

  /** What rows say, opened where sealed; those that do not open are left out. */
  async function read(rows: readonly repo.MemoryRow[], tx?: Tx): Promise<Map<string, Words>> {
    const words = new Map<string, Words>();
    const opened = new Map<string, Promise<ReadonlyMap<string, Buffer>>>();
    for (const row of rows) {
      if (row.sealed === null || row.keyVersion === null) {
        words.set(row.id, { content: row.content, context: row.context });
        continue;
      }
      const { tenantId, agentId, keySubject, keyVersion } = row;
      if (!opened.has(agentId)) opened.set(agentId, keys.all(tx ?? database.db, tenantId, agentId));
      const key = (await opened.get(agentId))?.get(`${keySubject}:${keyVersion}`);
      if (key === undefined) continue;
      try {
        const place = { tenantId, agentId, memoryId: row.id, keyVersion };
        const { content, context } = sealer.open(key, place, row.sealed);
        words.set(row.id, { content, context });
      } catch {
        // Moved or changed in the database: it is nobody's memory.
      }
    }
    return words;
  }

  return { lay, read };
}

/** Words that differ only in case, spacing, width or a final stop are one memory. */
const fold = (content: string): string =>
  content
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[\s.!]+$/, '')
    .trim();
