// The commands that every room has. Each does what it does by an operation, as its caller, so that it may no more than the caller
// may. Whatever is stored gets an id derived from the call: run twice, it is there once.
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { derivedId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { User } from '../identity/contract.ts';
import type { Message } from '../messages/contract.ts';
import type { MemberRole } from '../rooms/contract.ts';
import { canInRoom } from '../rooms/service.ts';
import { type Command, CommandOption, type CommandResult } from './contract.ts';
import type { Given } from './parse.ts';

export interface Place {
  roomId: string;
  kind: 'channel' | 'group' | 'direct';
  public: boolean;
  role: MemberRole;
  /** Agents of the room, in the order in which they came. */
  agents: { id: string; handle: string }[];
}

export interface Call {
  scope: Scope;
  /** Of the call. */
  id: string;
  place: Place;
  threadId: string | undefined;
  values: Given;
}

export interface Builtin {
  name: string;
  description: string;
  options: CommandOption[];
  /** Whether it would be refused here anyway. */
  offered(scope: Scope, place: Place): boolean;
  /** Takes a word that is said and means nothing. */
  tidy?(rest: string): string;
  run(call: Call): Promise<CommandResult>;
}

export interface BuiltinDeps {
  clock: Clock;
  /** Calls an operation with the same checks as anyone's call. */
  operate<T>(scope: Scope, name: string, input: object): Promise<T>;
  /** Has an agent of the room take a turn. */
  ask(call: Call, agentId: string, text: string): Promise<CommandResult>;
  list(scope: Scope, roomId: string): Promise<Command[]>;
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const IN = /^(?:(\d{1,5})([smhdw]))+$/;
const PIECE = /(\d{1,5})([smhdw])/g;
const MOST_SECONDS = 520 * 604_800;
const MOST_SUMMARISED = 40;

export const option = (of: object): CommandOption => CommandOption.parse(of);
export const privately = (body: string): CommandResult => ({ reply: { visibility: 'private', body } });
const always = (): boolean => true;

/** Seconds of `1h30m`, as an option of this name. @throws AppError invalid */
export function secondsOf(name: string, text: string): number {
  const seconds = IN.test(text)
    ? [...text.matchAll(PIECE)].reduce(
        (sum, [, n, unit]) => sum + Number(n) * (UNITS[unit as string] ?? 0),
        0,
      )
    : Number.NaN;
  if (seconds <= MOST_SECONDS) return seconds;
  const message = 'is a time from now, such as 10m, 2h or 1d12h, and at most 520w';
  throw new AppError('invalid', 'invalid_option', `${name} ${message}`, {
    errors: [{ path: `options.${name}`, message }],
  });
}

export function createBuiltins({ clock, operate, ask, list }: BuiltinDeps): Builtin[] {
  const say = async (
    { scope, id, place, threadId }: Call,
    body: string,
    metadata: object,
  ): Promise<CommandResult> => {
    const message = await operate<Message>(scope, 'messages.send', {
      roomId: place.roomId,
      body,
      id: derivedId('command', scope.user.id, id),
      metadata,
      ...(threadId === undefined ? {} : { threadId }),
    });
    return { messageId: message.id };
  };
  const text = (name: string, required = true, description = '') =>
    option({ name, type: 'string', required, description });

  return [
    {
      name: 'help',
      description: 'Shows what you can do here',
      options: [],
      offered: always,
      async run({ scope, place }) {
        const lines = (await list(scope, place.roomId)).map(({ name, options, description }) => {
          const wanted = options.map((one) => (one.required ? ` <${one.name}>` : ` [${one.name}]`)).join('');
          return `/${name}${wanted}: ${description}`;
        });
        return privately(lines.join('\n'));
      },
    },
    {
      name: 'me',
      description: 'Says what you are doing',
      options: [text('text')],
      offered: always,
      run: (call) => say(call, `_${call.values.text}_`, { command: 'me' }),
    },
    {
      name: 'shrug',
      description: 'Adds a shrug to what you say',
      options: [text('text', false)],
      offered: always,
      run: (call) => say(call, `${call.values.text ?? ''} ¯\\\\_(ツ)_/¯`.trim(), { command: 'shrug' }),
    },
    {
      name: 'topic',
      description: 'Changes what the room is about; without a text it takes the topic away',
      options: [option({ name: 'text', type: 'string', max: 500 })],
      offered: (scope, place) => place.kind !== 'direct' && canInRoom('room.update', whoIn(scope, place)),
      async run({ scope, place, values }) {
        const topic = values.text ?? null;
        await operate(scope, 'rooms.update', { roomId: place.roomId, topic });
        return privately(topic === null ? 'The topic is gone.' : `The topic is now: ${topic}`);
      },
    },
    {
      name: 'invite',
      description: 'Brings somebody into the room',
      options: [option({ name: 'user', type: 'user', required: true })],
      offered: (scope, place) =>
        place.kind !== 'direct' && (place.public || canInRoom('member.add', whoIn(scope, place))),
      async run({ scope, place, values }) {
        const user = await operate<User>(scope, 'users.get', { userId: values.user });
        const { roomId } = place;
        if (user.kind === 'agent') await operate(scope, 'rooms.invite_agent', { roomId, agentId: user.id });
        else await operate(scope, 'rooms.add_member', { roomId, userId: user.id });
        return privately(`@${user.handle} is in the room.`);
      },
    },
    {
      name: 'remind',
      description: 'Reminds you later: /remind in 10m tea',
      options: [
        option({ name: 'in', type: 'string', required: true, description: 'such as 10m, 2h or 1d12h' }),
        option({ name: 'text', type: 'string', required: true, max: 1000 }),
      ],
      offered: always,
      tidy: (rest) => rest.replace(/^in\s+/i, ''),
      async run({ scope, values }) {
        const ms = secondsOf('in', String(values.in)) * 1000;
        const dueAt = new Date(clock.now() + ms).toISOString();
        await operate(scope, 'scheduled.remind', { note: values.text, dueAt });
        return privately(`I will remind you in ${values.in}: ${values.text}`);
      },
    },
    {
      name: 'ask',
      description: 'Asks an agent of this room',
      options: [option({ name: 'agent', type: 'user', required: true }), text('question')],
      offered: (_, { agents }) => agents.length > 0,
      run(call) {
        const agent = call.place.agents.find(({ id }) => id === call.values.agent);
        if (agent === undefined)
          throw new AppError(
            'conflict',
            'agent_not_in_room',
            'agent: this is no agent of this room; invite it first.',
            {
              errors: [{ path: 'options.agent', message: 'is an agent of this room, as @handle' }],
            },
          );
        return say(call, `@${agent.handle} ${call.values.question}`, { command: 'ask' });
      },
    },
    {
      name: 'summarize',
      description: "Has the room's agent sum up what was said last",
      options: [
        option({
          name: 'messages',
          type: 'integer',
          min: 1,
          max: MOST_SUMMARISED,
          description: `how many, at most ${MOST_SUMMARISED}`,
        }),
      ],
      offered: (_, { agents }) => agents.length > 0,
      async run(call) {
        const [agent] = call.place.agents;
        if (agent === undefined)
          throw new AppError('conflict', 'agent_not_in_room', 'No agent is in this room; invite one first.');
        const n = call.values.messages ?? MOST_SUMMARISED;
        return ask(
          call,
          agent.id,
          `Sum up the last ${n} messages of this room: what was said, decided and left open.`,
        );
      },
    },
  ];
}

/** As far as it decides what is offered; what the room itself changed decides when it is called. */
export const whoIn = (
  scope: Scope,
  { kind, role, public: open }: Pick<Place, 'kind' | 'role' | 'public'>,
) => ({
  row: { kind, visibility: open ? ('public' as const) : ('private' as const), rights: null },
  userId: scope.user.id,
  role,
  admin: scope.role === 'admin',
});
