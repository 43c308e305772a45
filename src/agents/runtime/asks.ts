// What begins a run in place of a message: a press of a card that the agent sent, or a command that it carries out. Who pressed or
// called it asks, and it acts with his rights. Must never begin a run where the agent may not speak, nor for another agent.
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { ScopeUser } from '../../core/scope.ts';
import type { CardPressed } from '../../server/cards/service.ts';
import type { User } from '../../server/identity/contract.ts';
import type { Message } from '../../server/messages/contract.ts';
import * as heardRepo from './heard-repository.ts';
import { enqueueRuns } from './lanes.ts';
import { replyId } from './reply-id.ts';
import * as repo from './repository.ts';
import type { SignalsFor } from './signals.ts';
import type { AgentAsksTable } from './tables.ts';
import { decideTurn } from './turn-taking.ts';

type AskRow = Selectable<AgentAsksTable>;
export type Asks = ReturnType<typeof createAsks>;

/** A run that began with something else than a message. */
export const isAsk = ({ triggerReason }: Pick<repo.RunRow, 'triggerReason'>): boolean =>
  triggerReason === 'card_action' || triggerReason === 'command';

export interface Ask {
  /** A second one with the same id is the first. */
  id?: string | undefined;
  tenantId: string;
  room: { id: string; kind: 'channel' | 'group' | 'direct'; lastSeq: number };
  agentId: string;
  by: ScopeUser;
  kind: AskRow['kind'];
  text: string;
  /** The answer goes there. */
  threadId?: string | undefined;
  /** The message with the card. */
  messageId?: string | undefined;
}

export function createAsks(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  signalsFor: SignalsFor;
  findUsers(tenantId: string, ids: string[]): Promise<User[]>;
}) {
  const { database, jobs, signalsFor } = deps;

  /** Makes the run inside `tx`, with the room locked. @returns the answer to come, or why there is none */
  async function request(
    tx: Tx,
    { tenantId, room, agentId, by, kind, ...ask }: Ask,
  ): Promise<{ runId: string; replyMessageId: string } | { silentBecause: string }> {
    // Agents that ask each other would never end.
    if (by.kind === 'agent') return { silentBecause: 'not_addressed' };
    const agent = (await heardRepo.listRoomAgents(tx, [room.id])).find(
      (one) => one.agentId === agentId && one.tenantId === tenantId,
    );
    if (agent === undefined) return { silentBecause: 'agent_not_in_room' };
    const { decision, reason } = decideTurn({
      message: { authorId: by.id, authorKind: by.kind, kind: 'text', deleted: false, hop: 0 },
      room: { kind: room.kind, agentsAllowed: agent.agentsAllowed, mode: agent.roomMode },
      agent: {
        id: agentId,
        active: agent.isActive,
        suspended: agent.suspended,
        stopped: agent.stopped,
        broke: agent.broke,
      },
      mentioned: false,
      repliesToAgent: false,
      invoked: true,
      goesOn: false,
    });
    if (decision === 'silent') return { silentBecause: reason };
    const id = ask.id ?? newId();
    await insertAsk(tx, {
      id,
      tenantId,
      roomId: room.id,
      agentId,
      askerId: by.id,
      kind,
      text: ask.text,
      threadId: ask.threadId ?? null,
      messageId: ask.messageId ?? null,
      afterSeq: room.lastSeq,
    });
    const [inserted] = await repo.insertRuns(tx, [
      {
        id: newId(),
        tenantId,
        agentId,
        roomId: room.id,
        triggerMessageId: id,
        triggerReason: kind,
        askerId: by.id,
        // A person asked, so a chain of answers starts here.
        rootId: id,
        hop: 1,
      },
    ]);
    const run = inserted ?? (await repo.findRunByTrigger(tx, tenantId, agentId, id));
    if (run === undefined) throw new Error('The run of an ask is missing.');
    if (inserted !== undefined) {
      await enqueueRuns(jobs, tx, [run]);
      database.afterCommit(tx, () => signalsFor(run).status('queued'));
    }
    return { runId: run.id, replyMessageId: replyId(run) };
  }

  deps.events.on<CardPressed>('card.pressed', async (tx, pressed) => {
    for (const one of pressed) {
      const { tenantId, by, message } = one;
      if (message.author.kind !== 'agent') continue;
      const { roomId, threadId, id: messageId } = message;
      const room = await tx
        .selectFrom('rooms')
        .select(['id', 'kind', 'lastSeq'])
        .where('tenantId', '=', tenantId)
        .where('id', '=', roomId)
        .executeTakeFirstOrThrow();
      const agentId = message.author.id;
      await request(tx, {
        tenantId,
        room,
        agentId,
        by,
        kind: 'card_action',
        text: saidBy(one),
        threadId,
        messageId,
      });
    }
  });

  return {
    request,

    /** As a message that stands nowhere; undefined once what was pressed is gone. */
    async triggerOf(run: Pick<repo.RunRow, 'tenantId' | 'triggerMessageId'>): Promise<Message | undefined> {
      const ask = await findAsk(database.db, run.tenantId, run.triggerMessageId);
      if (ask === undefined) return undefined;
      const [author] = await deps.findUsers(run.tenantId, [ask.askerId]);
      if (author === undefined) return undefined;
      return {
        id: ask.messageId ?? ask.id,
        roomId: ask.roomId,
        seq: ask.afterSeq + 1,
        author,
        kind: 'text',
        body: ask.text,
        ...(ask.threadId === null ? {} : { threadId: ask.threadId }),
        mentions: [],
        attachments: [],
        reactions: [],
        version: 1,
        metadata: { ask: ask.kind },
        createdAt: ask.createdAt.toISOString(),
      };
    },
  };
}

/** What an agent reads of a press. */
function saidBy({ action, value, message }: CardPressed): string {
  const label =
    'type' in action ? (action.type === 'form' ? action.submit : (action.label ?? '')) : action.label;
  const card = message.cards?.find(({ state }) => state?.some((s) => s.actionId === action.actionId));
  const what =
    'type' in action ? { select: 'chose on', form: 'sent the form of' }[action.type] : 'pressed a button of';
  const lines = [
    `(${message.author.name}, somebody ${what} your card "${card?.title ?? card?.fallback ?? ''}".)`,
    `action: ${action.actionId}${label === '' ? '' : ` ("${label}")`}`,
    ...(value === undefined ? [] : [`value: ${JSON.stringify(value)}`]),
  ];
  return lines.join('\n');
}

const insertAsk = (tx: Tx, row: Insertable<AgentAsksTable>) =>
  tx
    .insertInto('agentAsks')
    .values(row)
    .onConflict((oc) => oc.doNothing())
    .execute();

/** None whose card was deleted. */
const findAsk = (db: Db, tenantId: string, id: string): Promise<AskRow | undefined> =>
  db
    .selectFrom('agentAsks')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', '=', id)
    .where(
      sql<boolean>`(message_id is null or exists (select from messages m where m.id = message_id and m.deleted_at is null))`,
    )
    .executeTakeFirst();
