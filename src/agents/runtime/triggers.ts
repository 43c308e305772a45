// Watches every committed message and decides, inside its transaction, which agents take a turn: the decision, the run and the
// job are as durable as the message. Must cost a room without agents no more than one indexed lookup a batch.
import type { Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import type { Message } from '../../server/messages/contract.ts';
import type { MessageSent } from '../../server/messages/service.ts';
import type { Verdict } from './floor-book.ts';
import { type Hearing, hearRooms } from './floor-hearing.ts';
import { isLimited, limitReached, MAX_CHAIN } from './floor-limits.ts';
import { doesAsk } from './floor-plan.ts';
import { countLately } from './floor-repository.ts';
import type { Typing } from './floor-typing.ts';
import { silencedBy } from './floor-voice.ts';
import * as heardRepo from './heard-repository.ts';
import { laneOf } from './lanes.ts';
import { decideTurn, giveFloor, type SpeakReason, stricter, type TurnDecision } from './turn-taking.ts';

export function watchMessages(deps: {
  events: Events;
  typing: Typing;
  /** Stores turns and runs, and wakes workers when it commits. */
  write: (tx: Tx, verdicts: readonly Verdict[]) => Promise<void>;
  /** At this time the agent speaks only when it is addressed. */
  inQuietHours: (agent: Pick<heardRepo.RoomAgent, 'proactive'>) => boolean;
}): void {
  deps.events.on<MessageSent>('message.sent', async (tx, sent) => {
    const roomIds = [...new Set(sent.flatMap(({ heard, message }) => (heard ? message.roomId : [])))];
    if (roomIds.length === 0) return;
    const byRoom = Map.groupBy(await heardRepo.listRoomAgents(tx, roomIds), (agent) => agent.roomId);
    if (byRoom.size === 0) return;
    const relevant = sent.filter(({ message }) => byRoom.has(message.roomId));
    for (const { message } of relevant) deps.typing.sent(message.roomId, message.author.id);
    const threads = new Set(relevant.flatMap(({ message }) => message.threadId ?? []));
    const authors = threads.size === 0 ? new Map() : await heardRepo.listAuthors(tx, [...threads]);

    const hearing = await hearRooms(
      tx,
      relevant.map(({ message }) => message),
      byRoom,
      deps.typing,
    );

    // Where an agent is alone nobody answers it.
    const roots = relevant.flatMap(({ message, rootId }) =>
      message.author.kind === 'agent' &&
      rootId !== undefined &&
      rootId !== null &&
      byRoom.get(message.roomId)?.some(({ agentId }) => agentId !== message.author.id) === true
        ? [rootId]
        : [],
    );
    const chained =
      roots.length === 0 ? new Map<string, number>() : await heardRepo.countChainRuns(tx, roots);
    /** Agents answer agents so often for one act of a person; who comes later keeps silent. */
    const isChainFull = (root: string): boolean => {
      const so = chained.get(root) ?? 0;
      chained.set(root, so + 1);
      return so >= MAX_CHAIN;
    };

    const verdicts: Verdict[] = [];
    /** Whose words each agent is waiting for more of, also by messages of this batch. */
    const gathering = new Map<string, string>();
    for (const one of relevant) {
      const { tenantId, message } = one;
      const root = one.rootId ?? message.id;
      const decided = (byRoom.get(message.roomId) ?? [])
        .filter((agent) => agent.tenantId === tenantId)
        .map((agent) => ({ agentId: agent.agentId, agent, ...decide(one, agent) }))
        // That nobody answers himself needs no record.
        .filter(({ reason }) => reason !== 'own_message');
      const holder = giveFloor(
        message.id,
        decided.filter(({ decision }) => decision === 'speak'),
      );
      for (const { agent, heard, ...verdict } of decided) {
        let { decision, reason }: { decision: 'speak' | 'silent'; reason: string } = verdict;
        const silent = (why: string) => {
          [decision, reason] = ['silent', why];
        };
        if (reason === 'score' && agent.agentId !== holder?.agentId) silent('other_agent_took_it');
        if (decision === 'speak' && message.author.kind === 'agent' && isChainFull(root))
          silent('chain_limit');
        if (decision === 'speak' && isLimited({ hop: one.hop + 1, reason })) {
          const pair = { ...agent, otherId: message.author.id, hop: one.hop + 1 };
          const reached = limitReached(await countLately(tx, pair), pair.hop);
          if (reached !== undefined) silent(reached);
        }
        if (decision === 'speak') {
          // Who has said what he wants waits for no more words, unless a turn under way takes them up.
          const open = takesMore(agent) || !doesAsk(message.body, reason as SpeakReason);
          gathering.set(`${agent.roomId} ${agent.agentId}`, open ? message.author.id : '');
        }
        verdicts.push({
          message,
          direct: one.roomKind === 'direct',
          agent,
          rootId: root,
          hop: one.hop + 1,
          lane: laneOf(message.metadata),
          decision,
          reason,
          score: heard?.score ?? null,
          parts: heard === undefined ? null : JSON.stringify(heard.parts),
        });
      }
    }
    if (verdicts.length > 0) await deps.write(tx, verdicts);

    function decide({ message, roomKind, hop, mayInvoke }: MessageSent, agent: heardRepo.RoomAgent) {
      const { agentId } = agent;
      const heard = hearing.scoreOf(message, agent);
      const mode = stricter(agent.roomMode, agent.responseMode);
      const decision: TurnDecision = decideTurn({
        message: {
          authorId: message.author.id,
          authorKind: message.author.kind,
          kind: message.kind,
          deleted: message.deletedAt !== undefined,
          hop,
        },
        room: { kind: roomKind, agentsAllowed: agent.agentsAllowed, mode: agent.roomMode },
        agent: {
          id: agentId,
          active: agent.isActive,
          suspended: agent.suspended,
          stopped: agent.stopped,
          broke: agent.broke,
          silenced: silencedBy(agent),
        },
        mayInvoke,
        mentioned: message.mentions.some((m) => m.kind === 'agent' && m.userId === agentId),
        repliesToAgent: message.threadId !== undefined && authors.get(message.threadId) === agentId,
        invoked: false,
        goesOn: goesOn(message, agent, heard),
        floor:
          heard === undefined || mode === 'off' || mode === 'mention'
            ? undefined
            : { mode, score: heard.score, quiet: deps.inQuietHours(agent) },
      });
      return { heard, score: heard?.score ?? 0, ...decision };
    }

    /** Whether its turns under way are open for more words. */
    function takesMore({ interruption }: heardRepo.RoomAgent): boolean {
      return interruption === 'merge' || interruption === 'restart';
    }

    /** Its sender has just addressed the agent, which has not answered yet, and now names nobody else. */
    function goesOn(
      message: Message,
      agent: heardRepo.RoomAgent,
      heard: ReturnType<Hearing['scoreOf']>,
    ): boolean {
      const { agentId, roomId, pending } = agent;
      const askers = new Set([gathering.get(`${roomId} ${agentId}`) ?? pending?.askerId]);
      if (takesMore(agent)) for (const { askerId } of agent.underWay ?? []) askers.add(askerId);
      if (!askers.has(message.author.id) || heard?.stance === 'other_named') return false;
      const to = message.threadId === undefined ? agentId : authors.get(message.threadId);
      return message.mentions.length === 0 && (to === agentId || to === message.author.id);
    }
  });
}
