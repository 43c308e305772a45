// Watches every committed message and decides, inside its transaction, which agents take a turn: the decision, the run and the
// job are as durable as the message. Must cost a room without agents no more than one indexed lookup a batch.
import type { Database } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { MessageSent } from '../../server/messages/service.ts';
import * as repo from './repository.ts';
import type { SignalsFor } from './signals.ts';
import { decideTurn } from './turn-taking.ts';

/** The job that wakes a worker for a run. */
export const RUN_JOB = 'agents.run';

export interface RunJob {
  runId: string;
}

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

    const turns: Parameters<typeof repo.insertTurns>[1] = [];
    const runs: Parameters<typeof repo.insertRuns>[1] = [];
    for (const { tenantId, roomKind, message, rootId, hop } of relevant) {
      for (const agent of byRoom.get(message.roomId) ?? []) {
        if (agent.tenantId !== tenantId) continue;
        const { agentId, roomId } = agent;
        const { decision, reason } = decideTurn({
          message: {
            authorId: message.author.id,
            authorKind: message.author.kind,
            kind: message.kind,
            deleted: message.deletedAt !== undefined,
            hop,
          },
          room: { kind: roomKind, agentsAllowed: agent.agentsAllowed },
          agent: { id: agentId, active: agent.isActive, suspended: agent.suspended, stopped: agent.stopped },
          mentioned: message.mentions.some((m) => m.kind === 'agent' && m.userId === agentId),
          repliesToAgent: message.threadId !== undefined && authors.get(message.threadId) === agentId,
          invoked: false,
        });
        // That nobody answers himself needs no record.
        if (reason === 'own_message') continue;
        turns.push({ messageId: message.id, agentId, tenantId, roomId, decision, reason });
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
          });
        }
      }
    }
    if (turns.length > 0) await repo.insertTurns(tx, turns);
    if (runs.length === 0) return;
    const queued = await repo.insertRuns(tx, runs);
    await jobs.enqueue<RunJob>(
      tx,
      { name: RUN_JOB },
      queued.map((run) => ({ runId: run.id })),
    );
    // After the message itself has been published.
    database.afterCommit(tx, () =>
      queueMicrotask(() => {
        for (const run of queued) signalsFor(run).status('queued');
      }),
    );
  });
}
