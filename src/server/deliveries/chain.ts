// From what is known of a message and a user to the chain between them and a verdict. Pure.
// Must never say that something was recorded which only follows.
import type { NodeMemory, SeatSeen } from '../../core/deliveries.ts';
import type { DeliveryStep, DeliveryVerdict } from './contract.ts';
import { heldSteps, mutedSteps, untilOf } from './held.ts';
import type { ComingOrGoing, HeldRow, Standing } from './repository.ts';

export interface Facts {
  message: {
    id: string;
    seq: number;
    authorId: string;
    createdAt: Date;
    editedAt: Date | null;
    deletedAt: Date | null;
    threadId: string | null;
  };
  user: { id: string; kind: 'human' | 'agent' };
  standing: Standing;
  comings: ComingOrGoing[];
  nodes: NodeMemory[];
  complete: boolean;
  /** Where a rule held it first. */
  held?: HeldRow | undefined;
  /** How the inbox stands to it, where it has one. */
  notified?: { at?: Date; recorded: boolean; because: string } | undefined;
}

interface Seat extends SeatSeen {
  node: NodeMemory;
}

type How = NonNullable<DeliveryStep['how']>;

const iso = (at: number | Date): string => new Date(at).toISOString();
/** Enough to tell apart, too little to be used. */
const short = (id: string): string => id.slice(-8);

export function chain(facts: Facts): { steps: DeliveryStep[] } & DeliveryVerdict {
  const { message, nodes } = facts;
  const seats = nodes
    .flatMap((node) => node.seats.map((seat): Seat => ({ ...seat, node })))
    .filter((seat) => seat.ended === undefined || seat.ended.at >= message.createdAt.getTime())
    .sort((a, b) => a.joinedAt - b.joinedAt);
  const steps = [
    ...(facts.held === undefined ? [] : heldSteps(facts.held)),
    ...stored(facts),
    ...nodes.flatMap((node) => written(node)),
    ...seats.map((seat) => connection(seat, message.seq)),
    ...nodes.flatMap(fetched).sort((a, b) => String(a.at).localeCompare(String(b.at))),
    ...changed(facts),
    ...notified(facts),
    ...read(facts),
    ...mutedSteps(facts.user.kind, facts.standing.mutedUntil),
  ];
  return { ...decide(facts, seats), steps };
}

function stored({ message, standing, nodes }: Facts): DeliveryStep[] {
  const node = nodes.find(({ committed }) => committed !== undefined);
  const batch = node?.committed;
  const send = batch?.sends[message.seq - batch.from];
  const id = `its id ${message.id} makes a repeated send the same message`;
  const others =
    batch === undefined || batch.together < 2 ? '' : `, with ${batch.together - 1} others at once`;
  return [
    node === undefined || batch === undefined || send === undefined
      ? {
          step: 'accepted',
          evidence: 'unknown',
          because: `No node remembers by which door it came; ${id}.`,
        }
      : {
          step: 'accepted',
          evidence: 'recorded',
          because: `It came by ${send.via} and waited ${send.waitedMs} ms for its commit; ${id}.`,
          at: iso(batch.at - send.waitedMs),
          node: short(node.node),
        },
    {
      step: 'committed',
      evidence: 'recorded',
      because: `It was committed as entry ${message.seq} of the room${others}.`,
      at: iso(message.createdAt),
    },
    standing.loggedAt === null
      ? {
          step: 'logged',
          evidence: 'recorded',
          because: `The room's log has no entry ${message.seq}: the database is damaged; run check-data.`,
        }
      : {
          step: 'logged',
          evidence: 'recorded',
          because: `The room's log has entry ${message.seq}.`,
          at: iso(standing.loggedAt),
        },
    node === undefined || batch === undefined
      ? {
          step: 'published',
          evidence: 'derived',
          because: 'Every commit is published to all nodes; no node remembers this one.',
        }
      : {
          step: 'published',
          evidence: 'recorded',
          because: 'The node that committed it published it to all nodes.',
          at: iso(batch.at),
          node: short(node.node),
        },
  ];
}

function written(node: NodeMemory): DeliveryStep[] {
  if (node.written === undefined) return [];
  const { at, by } = node.written;
  const because =
    by === 'bus'
      ? 'The node heard of it and wrote it to its connections in the room.'
      : 'The node missed it, read it from the log, and wrote it to its connections in the room.';
  return [{ step: 'written', evidence: 'recorded', because, at: iso(at), node: short(node.node) }];
}

/** By what way an entry came to a connection. */
function howOf(seat: SeatSeen, seq: number): How {
  if (seat.liveAfter < seq) return seq <= seat.writtenTo ? 'live' : 'none';
  const { afterSeq, brought } = seat;
  if (afterSeq !== undefined && seq <= afterSeq) return 'had';
  if (brought === undefined || seq < brought.from || seq > brought.to) return 'none';
  return afterSeq === undefined ? 'join' : 'resume';
}

const HOW: Record<How, string> = {
  live: 'It was handed to this connection as it came.',
  join: 'The answer to the join of this connection brought it.',
  resume: 'This connection came back, and the answer to its join brought it.',
  had: 'This connection came back saying that it has all up to there.',
  history: 'A page of history brought it.',
  log: 'A page of the log brought it.',
  none: 'It did not go out on this connection.',
};

const ENDED: Record<NonNullable<SeatSeen['ended']>['how'], string> = {
  left: 'it left the room',
  evicted: 'its user was taken out of the room',
  slow_consumer: 'it did not read what was written to it',
  overflowed: 'too much came while it was joining',
  sign_in_ended: 'its sign-in ended',
  closed: 'its user closed it',
  broken: 'it broke off',
};

function connection(seat: Seat, seq: number): DeliveryStep {
  const how = howOf(seat, seq);
  const { written } = seat.node;
  const at = how === 'live' ? Math.max(written?.at ?? 0, seat.joinedAt) : seat.joinedAt;
  const exact = how !== 'live' || written !== undefined;
  const end = seat.ended === undefined ? '' : ` It ended at ${iso(seat.ended.at)}: ${ENDED[seat.ended.how]}.`;
  const skipped =
    how === 'none' && seat.liveAfter >= seq ? ' The answer to its join began after it; history has it.' : '';
  return {
    step: 'connection',
    evidence: exact ? 'recorded' : 'derived',
    because: `${HOW[how]}${skipped}${end}`,
    ...(how === 'none' || !exact ? {} : { at: iso(at) }),
    node: short(seat.node.node),
    connection: short(seat.connection),
    protocol: seat.protocol,
    how,
    ...(seat.ended === undefined ? {} : { ended: seat.ended.how }),
  };
}

const fetched = (node: NodeMemory): DeliveryStep[] =>
  node.fetched.map(({ at, by, via }) => ({
    step: 'fetched',
    evidence: 'recorded',
    because: `${HOW[by]} It was asked for by ${via}.`,
    at: iso(at),
    node: short(node.node),
    how: by,
  }));

function changed({ message: { editedAt, deletedAt } }: Facts): DeliveryStep[] {
  if (deletedAt !== null)
    return [
      {
        step: 'changed',
        evidence: 'recorded',
        because: 'It was deleted: from then on everybody sees that there was a message, and no more.',
        at: iso(deletedAt),
      },
    ];
  if (editedAt === null) return [];
  return [
    {
      step: 'changed',
      evidence: 'recorded',
      because: 'It was edited: from then on its new text is what is shown.',
      at: iso(editedAt),
    },
  ];
}

const notified = ({ notified: n }: Facts): DeliveryStep[] =>
  n === undefined
    ? []
    : [
        {
          step: 'notified',
          evidence: n.recorded ? 'recorded' : 'derived',
          because: n.because,
          ...(n.at === undefined ? {} : { at: iso(n.at) }),
        },
      ];

/** Where joining put the mark: it says nothing of what was read. */
const joinedSince = ({ comings, message }: Facts): ComingOrGoing | undefined =>
  comings.findLast(({ type, seq }) => type === 'member_joined' && seq > message.seq);

function hasRead(facts: Facts): boolean {
  const { message, standing } = facts;
  if ((standing.threadReadSeq ?? 0) >= message.seq) return true;
  if (standing.readSeq === null || standing.readSeq < message.seq) return false;
  if (standing.unreadFrom !== null && standing.unreadFrom <= message.seq) return false;
  return joinedSince(facts) === undefined;
}

function read(facts: Facts): DeliveryStep[] {
  const { message, standing } = facts;
  const { readSeq, readAt, unreadFrom } = standing;
  if (readSeq === null) return [];
  const step = (because: string, evidence: DeliveryStep['evidence'], at?: Date | null): DeliveryStep[] => [
    { step: 'read', evidence, because, ...(at === null || at === undefined ? {} : { at: iso(at) }) },
  ];
  if ((standing.threadReadSeq ?? 0) >= message.seq)
    return step(`The read mark of its thread stands at ${standing.threadReadSeq}.`, 'recorded');
  if (unreadFrom !== null && unreadFrom <= message.seq)
    return step(`The room was marked unread from ${unreadFrom} on.`, 'recorded');
  if (readSeq < message.seq)
    return step(`The read mark stands at ${readSeq}, before this message.`, 'recorded', readAt);
  if (joinedSince(facts) !== undefined)
    return step(`The read mark stands at ${readSeq}; joining put it past this message.`, 'derived');
  return step(`The read mark stands at ${readSeq}.`, 'recorded', readAt);
}

function decide(facts: Facts, seats: Seat[]): DeliveryVerdict {
  const { message, user, standing, comings, nodes } = facts;
  const verdict = (
    kind: DeliveryVerdict['verdict'],
    reason: DeliveryVerdict['reason'],
    because: string,
  ): DeliveryVerdict => ({ verdict: kind, reason, because });

  if (user.id === message.authorId)
    return verdict('delivered', 'own_message', 'They wrote it: the answer to the send told them its place.');
  if (hasRead(facts)) return verdict('read', 'read_mark', 'They marked the room read past this message.');
  const hows = seats.map((seat) => howOf(seat, message.seq));
  if (hows.includes('had'))
    return verdict('delivered', 'had_it', 'A client of theirs came back saying that it has this message.');
  if (hows.some((how) => how !== 'none'))
    return verdict(
      'delivered',
      'handed_over',
      'It was handed to a connection of theirs; they have not marked it read.',
    );
  if (nodes.some((node) => node.fetched.length > 0))
    return verdict(
      'delivered',
      'fetched',
      'They were answered a page with it; they have not marked it read.',
    );

  const before = comings.findLast(({ seq }) => seq < message.seq);
  const after = comings.find(({ seq }) => seq > message.seq);
  const isMember = standing.joinedAt !== null;
  // Who was in the room before its log began to tell left first.
  const wasMember =
    before === undefined
      ? after === undefined
        ? isMember
        : after.type === 'member_left'
      : before.type === 'member_joined';
  if (!isMember && standing.bannedUntil !== null)
    return verdict('withheld', 'banned', `They are banned from the room ${untilOf(standing.bannedUntil)}.`);
  if (!isMember && !wasMember)
    return comings.length === 0
      ? verdict('withheld', 'not_a_member', 'They were never a member of the room.')
      : verdict('withheld', 'not_a_member', `They were not a member of the room at ${message.seq}.`);
  if (!isMember) {
    const gone = comings.findLast(({ type }) => type === 'member_left');
    const at = gone === undefined ? '' : ` at ${gone.seq}`;
    const how = gone?.by == null || gone.by === user.id ? 'left' : 'were taken out of';
    return verdict('withheld', 'left_room', `They ${how} the room${at}, and no connection had it before.`);
  }
  if (standing.suspendedAt !== null)
    return verdict('withheld', 'suspended', 'Their account is suspended: nothing is delivered to it.');
  if (user.kind === 'agent')
    return verdict(
      'delivered',
      'agent',
      'An agent needs no connection: it reads the log when it has a turn. Its turns tell what it decided.',
    );
  if (message.deletedAt !== null)
    return verdict('withheld', 'deleted', 'It was deleted before they had it; only its place is left.');
  if (!wasMember)
    return verdict(
      'waiting',
      'joined_later',
      'They joined after it was sent: the history of the room has it, it did not come live.',
    );
  const ended = seats.findLast((seat) => seat.ended !== undefined);
  if (seats.some((seat) => seat.ended === undefined && seat.liveAfter < message.seq))
    return verdict(
      'waiting',
      'not_yet_written',
      'They are connected, and it was not written yet: their node reads the log for what it missed.',
    );
  if (seats.some((seat) => seat.ended === undefined))
    return verdict(
      'waiting',
      'not_in_page',
      'They are connected, and the answer to their join began after it; history has it.',
    );
  if (ended?.ended?.how === 'slow_consumer')
    return verdict(
      'waiting',
      'slow_consumer',
      'Their connection did not read and was closed before it; the next join brings it.',
    );
  if (facts.complete && nodes.every((node) => node.since <= message.createdAt.getTime()))
    return verdict(
      'waiting',
      'not_connected',
      'No connection of theirs has listened to the room since; the next join brings it.',
    );
  return verdict(
    'unknown',
    'not_remembered',
    'They are a member, and no node that was heard remembers a connection of theirs since; a node has restarted or did not answer.',
  );
}
