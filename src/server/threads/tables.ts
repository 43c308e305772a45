// Tables of threads, as Kysely sees them.
import type { Generated } from 'kysely';

export interface ThreadMarksTable {
  rootId: string;
  userId: string;
  tenantId: string;
  readSeq: Generated<number>;
  /** Null: whoever takes part follows. */
  following: boolean | null;
}

export interface ThreadsTables {
  threadMarks: ThreadMarksTable;
}
