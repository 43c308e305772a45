// Tables of goals and of what agents considered saying first, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { OpeningKind } from './contract.ts';

export interface AgentGoalsTable {
  id: string;
  tenantId: string;
  agentId: string;
  /** Null: wherever the agent may speak first. */
  roomId: string | null;
  text: string;
  dueAt: Date | null;
  state: ColumnType<'open' | 'done', 'open' | 'done' | undefined, 'open' | 'done'>;
  createdBy: string;
  createdAt: Generated<Date>;
  doneAt: Date | null;
  doneBy: string | null;
}

/** A reason to speak first; begins one run at most, whose trigger is this row. */
export interface AgentOpeningsTable {
  id: string;
  tenantId: string;
  agentId: string;
  roomId: string;
  kind: OpeningKind;
  subjectId: string;
  /** Tells one occasion of the same subject from another: a day, a date it was due. */
  occasion: string;
  /** At whose word: a person, or the agent itself where nobody asked. */
  askerId: string;
  /** Of the room's log when it was decided. */
  afterSeq: number;
  decision: 'speak' | 'silent';
  reason: string;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
}

export interface ProactiveTables {
  agentGoals: AgentGoalsTable;
  agentOpenings: AgentOpeningsTable;
}
