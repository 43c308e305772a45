// Queries on versions. No policy, no events, no clocks.
import type { Db } from '../../core/db/database.ts';

/** Newest first, below this version. */
export const listBefore = (db: Db, messageId: string, version: number, limit: number) =>
  db
    .selectFrom('messageVersions')
    .select(['version', 'body', 'mentions', 'writtenAt'])
    .where('messageId', '=', messageId)
    .where('version', '<', version)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
