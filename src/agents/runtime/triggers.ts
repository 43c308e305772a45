// Watches every committed message and decides, inside its transaction, which agents take a turn: the decision, the run and the
// job are as durable as the message. Must cost a room without agents no more than one indexed lookup a batch.
import type { Database } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { MessageSent } from '../../server/messages/service.ts';
import { hearRooms } from './floor-hearing.ts';
import { enqueueRuns, laneOf } from './lanes.ts';
import * as repo from './repository.ts';
import type { SignalsFor } from './signals.ts';
import { decideTurn, giveFloor, MAX_CHAIN } from './turn-taking.ts';

export function watchMessages(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  signalsFor: SignalsFor;
}): void {
  const { database, events, jobs, signalsFor } = deps;

  events.on<MessageSent>('message.sent', async (tx, sent) => {
    const roomIds = [...new Set(sent.map(({ message }) => message.roomId))];
    const byRoom = Map.groupBy(await repo.listRoomAgents(tx, roomIds), (agent) => agent.roomId);
    if (byRoom.size === 0) return;
    const relevant = sent.filter(({ message }) => byRoom.has(message.roomId));
    const threads = new Set(relevant.flatMap(({ message }) => message.threadId ?? []));
    const authors = threads.size === 0 ? new Map() : await repo.listAuthors(tx, [...threads]);

    const hearing = await hearRooms(
      tx,
      relevant.map(({ message }) => message),
      byRoom,
    );

    const roots = relevant.flatMap(({ message, rootId }) =>
      message.author.kind === 'agent' && rootId !== undefined && rootId !== null ? [rootId] : [],
    );
    const chained = roots.length === 0 ? new Map<string, number>() : await repo.countChainRuns(tx, roots);
    /** Agents answer agents so often for one act of a person; who comes later keeps silent. */
    const isChainFull = (root: string): boolean => {
      const so = chained.get(root) ?? 0;
      chained.set(root, so + 1);
      return so >= MAX_CHAIN;
    };

    const turns: Parameters<typeof repo.insertTurns>[1] = [];
    const runs: Parameters<typeof repo.insertRuns>[1] = [];
    for (const { tenantId, roomKind, message, rootId, hop } of relevant) {
      const decided = (byRoom.get(message.roomId) ?? [])
        .filter((agent) => agent.tenantId === tenantId)
        .map((agent) => {
          const { agentId, roomId, responseMode } = agent;
          const heard = hearing.scoreOf(message, agent);
          const verdict = decideTurn({
            message: {
              authorId: message.author.id,
              authorKind: message.author.kind,
              kind: message.kind,
              deleted: message.deletedAt !== undefined,
              hop,
            },
            room: { kind: roomKind, agentsAllowed: agent.agentsAllowed },
            agent: {
              id: agentId,
              active: agent.isActive,
              suspended: agent.suspended,
              stopped: agent.stopped,
            },
            mentioned: message.mentions.some((m) => m.kind === 'agent' && m.userId === agentId),
            repliesToAgent: message.threadId !== undefined && authors.get(message.threadId) === agentId,
            invoked: false,
            floor:
              heard === undefined || responseMode === 'mention'
                ? undefined
                : { mode: responseMode, score: heard.score, busy: hearing.isBusy(agent) },
          });
          return { agentId, roomId, heard, score: heard?.score ?? 0, ...verdict };
        })
        // That nobody answers himself needs no record.
        .filter(({ reason }) => reason !== 'own_message');
      const holder = giveFloor(
        message.id,
        decided.filter(({ decision }) => decision === 'speak'),
      );
      for (const one of decided) {
        const { agentId, roomId, heard } = one;
        const lost = one.reason === 'score' && one !== holder;
        const full =
          one.decision === 'speak' && message.author.kind === 'agent' && isChainFull(rootId ?? message.id);
        const decision = lost || full ? 'silent' : one.decision;
        const reason = lost ? 'other_agent_took_it' : full ? 'chain_limit' : one.reason;
        turns.push({
          messageId: message.id,
          agentId,
          tenantId,
          roomId,
          decision,
          reason,
          score: heard?.score ?? null,
          parts: heard === undefined ? null : JSON.stringify(heard.parts),
        });
        if (decision === 'speak') {
          runs.push({
            id: newId(),
            tenantId,
            agentId,
            roomId,
            triggerMessageId: message.id,
            triggerReason: reason,
            askerId: message.author.id,
            rootId: rootId ?? message.id,
            hop: hop + 1,
            lane: laneOf(message.metadata),
          });
        }
      }
    }
    if (turns.length > 0) await repo.insertTurns(tx, turns);
    if (runs.length === 0) return;
    const queued = await repo.insertRuns(tx, runs);
    await enqueueRuns(jobs, tx, queued);
    // After the message itself has been published.
    database.afterCommit(tx, () =>
      queueMicrotask(() => {
        for (const run of queued) signalsFor(run).status('queued');
      }),
    );
  });
}
