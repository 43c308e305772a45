// Tables of turns, runs and their journal, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { ReplayedCall } from './contract.ts';
import type { Interruption } from './floor-plan.ts';
import type { Lane } from './lanes.ts';
import type { StepData } from './steps.ts';
import type { RoomMode } from './turn-taking.ts';

export type RunStatus =
  | 'queued'
  | 'running'
  | 'waiting_approval'
  | 'paused'
  | 'completed'
  | 'silent'
  | 'failed'
  | 'cancelled'
  | 'needs_attention';

export type TurnHandling = 'coalesced' | 'queued' | 'merged' | 'superseded' | 'restarted';

export interface AgentTurnsTable {
  messageId: string;
  agentId: string;
  tenantId: string;
  roomId: string;
  decision: 'speak' | 'silent';
  reason: string;
  /** How much spoke for an answer unasked, 0 to 1; null where nobody asked that. */
  score: number | null;
  parts: ColumnType<{ name: string; by: number }[] | null, string | null, never>;
  /** What became of a message that has no turn of its own, or not at once. */
  handling: ColumnType<TurnHandling | null, TurnHandling | null | undefined, TurnHandling | null>;
  /** The run that covers the message, where another message triggers it. */
  runId: ColumnType<string | null, string | null | undefined, string | null>;
  createdAt: Generated<Date>;
}

export interface AgentRunsTable {
  id: string;
  tenantId: string;
  agentId: string;
  roomId: string;
  triggerMessageId: string;
  /** Why it speaks: `mentioned`, `direct_room`, `reply_to_agent`, `invoked`, `score`, `follow_up`, `card_action`, `command`, `proactive_…`. */
  triggerReason: string;
  askerId: string;
  rootId: string;
  /** Hop of the answer: that of the trigger plus one. */
  hop: number;
  lane: ColumnType<Lane, Lane | undefined, never>;
  status: ColumnType<RunStatus, RunStatus | undefined, RunStatus>;
  /** Why it ended silent, failed or cancelled. */
  reason: string | null;
  provider: string | null;
  model: string | null;
  inputTokens: Generated<number>;
  outputTokens: Generated<number>;
  costUsd: Generated<number>;
  replyMessageId: string | null;
  /** What it had said when it came to rest; null while a worker has it, and when it is over. */
  partial: string | null;
  /** Grows with every worker that takes the run; a commit of an older epoch is refused. */
  leaseEpoch: Generated<number>;
  leaseUntil: Date | null;
  attempts: Generated<number>;
  /** Grows each time a run that was over is opened again. */
  generation: Generated<number>;
  /** Time that workers spent on it, in ms. */
  runningMs: Generated<number>;
  /** Of the agent's settings, when it began. */
  revision: number | null;
  /** Newer messages may still take the place of its trigger: it has not begun. */
  gathers: Generated<boolean>;
  /** Until then more of a burst is waited for, at the latest; null once that is over, and where nothing is waited for. */
  dueAt: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** Messages gathered so far. */
  burst: Generated<number>;
  /** The run that goes first. */
  afterRunId: ColumnType<string | null, string | null | undefined, string | null>;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface RunStepsTable {
  runId: string;
  step: number;
  tenantId: string;
  kind: StepData['kind'];
  data: ColumnType<StepData, string, never>;
  inputTokens: Generated<number>;
  outputTokens: Generated<number>;
  costUsd: number | null;
  durationMs: Generated<number>;
  createdAt: Generated<Date>;
}

/** What began a run in place of a message. */
export interface AgentAsksTable {
  id: string;
  tenantId: string;
  roomId: string;
  agentId: string;
  askerId: string;
  kind: 'card_action' | 'command';
  text: ColumnType<string, string, never>;
  threadId: string | null;
  /** The message with the card. */
  messageId: string | null;
  /** The room's newest entry then. */
  afterSeq: number;
  createdAt: Generated<Date>;
}

/** What people added to a turn under way. */
export interface RunSteersTable {
  runId: string;
  n: number;
  tenantId: string;
  byId: string;
  text: string;
  /** The message whose words these are. */
  messageId: ColumnType<string | null, string | null | undefined, never>;
  createdAt: Generated<Date>;
}

/** What a room asks of its agents; no row means the defaults. */
export interface RoomFloorTable {
  roomId: string;
  tenantId: string;
  /** The most that its agents may do. */
  responseMode: ColumnType<RoomMode, RoomMode | undefined, RoomMode>;
  interruption: ColumnType<Interruption, Interruption | undefined, Interruption>;
  updatedBy: string | null;
  updatedAt: Generated<Date>;
}

/** What is other than it was when recorded runs are asked anew. */
export interface ReplaySettings {
  revision?: number;
  llmProvider?: 'anthropic' | 'openai' | 'cloudflare' | 'scripted' | 'auto';
  modelName?: string;
  systemPrompt?: string;
}

export interface AgentReplaysTable {
  id: string;
  tenantId: string;
  requestedBy: string;
  agentId: string | null;
  roomId: string | null;
  settings: ColumnType<ReplaySettings, string, never>;
  status: ColumnType<
    'queued' | 'running' | 'completed' | 'cancelled',
    undefined,
    'running' | 'completed' | 'cancelled'
  >;
  total: number;
  createdAt: Generated<Date>;
  finishedAt: Date | null;
}

export interface AgentReplayRunsTable {
  replayId: string;
  n: number;
  tenantId: string;
  runId: string;
  agentId: string;
  status: ColumnType<'queued' | 'done' | 'failed', undefined, 'done' | 'failed'>;
  reason: string | null;
  result: ColumnType<
    { reply: string; calls: ReplayedCall[]; provider: string; model: string } | null,
    undefined,
    string
  >;
  inputTokens: Generated<number>;
  outputTokens: Generated<number>;
  costUsd: number | null;
}

export interface RuntimeTables {
  agentAsks: AgentAsksTable;
  agentReplays: AgentReplaysTable;
  agentReplayRuns: AgentReplayRunsTable;
  roomFloor: RoomFloorTable;
  runSteers: RunSteersTable;
  agentTurns: AgentTurnsTable;
  agentRuns: AgentRunsTable;
  runSteps: RunStepsTable;
}
