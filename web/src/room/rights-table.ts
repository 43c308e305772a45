// What members and admins of a room usually may, in words, and what a room changed of it. Pure. For showing alone: a test holds it
// against what the server decides.
import type { Capability, ReplyOf, RoomInfo } from '@parley/client';

export type Change = NonNullable<ReplyOf<'get_room_rights'>['member']>;
export type Role = 'admin' | 'member';

interface Line {
  capability: Capability;
  label: string;
  /** Who has it without a word of the room; owners have all that somebody has. */
  usual: Role | 'nobody';
}

export const GROUPS: { name: string; lines: Line[] }[] = [
  {
    name: 'Speaking',
    lines: [
      { capability: 'message.send', label: 'Write messages', usual: 'member' },
      { capability: 'message.react', label: 'React', usual: 'member' },
      { capability: 'mention.everyone', label: 'Mention everyone at once', usual: 'admin' },
      { capability: 'agent.invoke', label: 'Ask agents', usual: 'member' },
    ],
  },
  {
    name: 'Messages of others',
    lines: [
      { capability: 'message.pin', label: 'Pin', usual: 'admin' },
      { capability: 'message.delete_any', label: 'Delete', usual: 'admin' },
      { capability: 'message.versions', label: 'See what they said before', usual: 'admin' },
      { capability: 'delivery.explain', label: 'See how they reached others', usual: 'admin' },
    ],
  },
  {
    name: 'Looking after the room',
    lines: [
      { capability: 'member.add', label: 'Add people and make links', usual: 'admin' },
      { capability: 'member.remove', label: 'Remove people', usual: 'admin' },
      { capability: 'room.update', label: 'Change name, topic and settings', usual: 'admin' },
      { capability: 'moderation.act', label: 'Mute, take out, ban; slow mode and rules', usual: 'admin' },
      { capability: 'moderation.review', label: 'See reports and what was done', usual: 'admin' },
    ],
  },
  {
    name: 'Agents at work',
    lines: [
      { capability: 'agent.stop', label: 'Stop them', usual: 'admin' },
      { capability: 'tool.approve:low', label: 'Approve what changes something here', usual: 'nobody' },
      { capability: 'tool.approve:medium', label: 'Approve what reaches outside', usual: 'nobody' },
      { capability: 'tool.approve:high', label: 'Approve what is for good', usual: 'nobody' },
    ],
  },
];

type Kind = Pick<RoomInfo, 'kind' | 'visibility'>;

/** In public rooms anybody brings somebody; where few are, everyone calls all. */
function isUsual({ capability, usual }: Line, role: Role, { kind, visibility }: Kind): boolean {
  if (capability === 'member.add' && visibility === 'public') return true;
  if (capability === 'mention.everyone' && kind !== 'channel') return true;
  return usual === 'member' || usual === role;
}

const LINES = GROUPS.flatMap(({ lines }) => lines);
const named = (capability: Capability): string =>
  LINES.find((line) => line.capability === capability)?.label ?? capability;

export function usualOf(role: Role, room: Kind): Set<Capability> {
  return new Set(LINES.filter((line) => isUsual(line, role, room)).map(({ capability }) => capability));
}

export function withChange(
  usual: ReadonlySet<Capability>,
  { add = [], take = [] }: Change = {},
): Set<Capability> {
  const all = new Set([...usual, ...add]);
  for (const capability of take) all.delete(capability);
  return all;
}

/** What has to be said of a role so that it has just these. */
export function changeTo(wanted: ReadonlySet<Capability>, usual: ReadonlySet<Capability>): Required<Change> {
  return {
    add: [...wanted].filter((capability) => !usual.has(capability)),
    take: [...usual].filter((capability) => !wanted.has(capability)),
  };
}

type Rights = ReplyOf<'get_room_rights'>;
type AnyRole = Role | 'owner';

/** Owners have all but what nobody usually has. */
export const linesFor = (role: AnyRole): readonly Line[] =>
  role === 'owner' ? LINES.filter(({ usual }) => usual === 'nobody') : LINES;

function byRole(role: AnyRole, room: Kind, rights: Rights): Set<Capability> {
  if (role !== 'owner') return withChange(usualOf(role, room), rights[role]);
  return new Set(LINES.filter(({ usual }) => usual !== 'nobody').map(({ capability }) => capability));
}

/** Whether a member has it, all that is said taken together. */
export const hasRight = (
  capability: Capability,
  role: AnyRole,
  room: Kind,
  rights: Rights,
  userId: string,
): boolean => withChange(byRole(role, room, rights), rights.members?.[userId]).has(capability);

/** What has to be said of a member so that this one right is given or taken and the others stay as they were said. */
export function withOne(
  capability: Capability,
  gives: boolean,
  role: AnyRole,
  room: Kind,
  rights: Rights,
  userId: string,
): Required<Change> {
  const { add = [], take = [] } = rights.members?.[userId] ?? {};
  const others = (list: readonly Capability[]) => list.filter((one) => one !== capability);
  const said = byRole(role, room, rights).has(capability) === gives ? [] : [capability];
  return {
    add: [...others(add), ...(gives ? said : [])],
    take: [...others(take), ...(gives ? [] : said)],
  };
}

/** "also: Pin; not: React". */
export const wordsOf = ({ add = [], take = [] }: Change): string =>
  [
    ...(add.length === 0 ? [] : [`also: ${add.map(named).join(', ')}`]),
    ...(take.length === 0 ? [] : [`not: ${take.map(named).join(', ')}`]),
  ].join('; ');
