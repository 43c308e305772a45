// The wire of identity: users, who I am, local sign-in.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';

/** Lower case from here on: two spellings of one id must never count as two. */
export const Id = z.uuid().toLowerCase();
export const Timestamp = z.iso.datetime({ offset: true });

export const User = z.object({
  id: Id,
  kind: z.enum(['human', 'agent']),
  handle: z.string(),
  name: z.string(),
  avatarUrl: z.string().optional(),
  /** The human who answers for an agent. */
  ownerId: Id.optional(),
});
export type User = z.infer<typeof User>;

/** Names people may take: 1 to 64 characters, something visible in it. */
export const DisplayName = z
  .string()
  .trim()
  .min(1, 'needs at least one character')
  .max(64, 'has at most 64 characters')
  .regex(/[\p{L}\p{N}]/u, 'needs at least one letter or digit')
  .regex(
    /^[^\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2066-\u2069]*$/u,
    'may not contain control or invisible characters',
  );

export const Page = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
};

export const Me = z.object({
  ...User.shape,
  role: z.enum(['admin', 'member']),
  tenantId: Id,
});
export type Me = z.infer<typeof Me>;

export const createSession = defineOperation({
  name: 'session.create',
  summary: 'Sign in with a name (local sign-in only)',
  description:
    'Answers a token for the user of that name, who is created if new. The first user of a new server is its administrator. Refused when local sign-in is off.',
  tag: 'Identity',
  rest: { method: 'post', path: '/api/session', status: 201 },
  input: z.object({ name: DisplayName }),
  output: z.object({ token: z.string(), user: User }),
  permission: 'public',
  effect: 'reversible',
  rate: { bucket: 'session.create', points: 2000, seconds: 60 },
});

export const deleteSession = defineOperation({
  name: 'session.delete',
  summary: 'Sign out',
  description:
    'Ends the session that the token belongs to: it is refused from now on, and its connections are closed. An API key ends by `keys.delete`.',
  tag: 'Identity',
  rest: { method: 'delete', path: '/api/session' },
  input: z.object({}),
  output: z.object({ signedOut: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
});

export const renewSession = defineOperation({
  name: 'session.renew',
  summary: 'Keep this connection open with a newer token',
  description:
    'For tokens that live shorter than a connection, such as Clerk’s: the connection then ends when the newer token does. It must be of the same user.',
  tag: 'Identity',
  socket: 'renew_session',
  input: z.object({ token: z.string().min(1).max(8192) }),
  output: z.object({ expiresAt: Timestamp.optional() }),
  permission: 'signed_in',
  effect: 'reversible',
});

export const getMe = defineOperation({
  name: 'me.get',
  summary: 'The signed-in user',
  tag: 'Identity',
  rest: { method: 'get', path: '/api/me' },
  socket: 'get_me',
  input: z.object({}),
  output: Me,
  permission: 'signed_in',
  effect: 'read',
});

export const updateMe = defineOperation({
  name: 'me.update',
  summary: 'Change my display name or picture',
  description: 'Every room that I am in hears of it by `member_updated`, a moment later.',
  tag: 'Identity',
  rest: { method: 'patch', path: '/api/me' },
  socket: 'update_me',
  input: z.strictObject({
    name: DisplayName.optional(),
    avatarUrl: z
      .url({ protocol: /^https$/ })
      .max(2000)
      .nullable()
      .optional(),
  }),
  output: Me,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'me.update', points: 20, seconds: 60 },
});

export const listUsers = defineOperation({
  name: 'users.list',
  summary: 'People and agents of this server, by handle',
  description: 'Administrators are also told roles, and who is suspended.',
  tag: 'Identity',
  rest: { method: 'get', path: '/api/users' },
  socket: 'list_users',
  input: z.object({
    ...Page,
    query: z.string().max(64).optional(),
    kind: z.enum(['human', 'agent']).optional(),
  }),
  output: z.object({
    data: z.array(
      z.object({
        ...User.shape,
        role: z.enum(['admin', 'member']).optional(),
        suspended: z.boolean().optional(),
      }),
    ),
    nextCursor: z.string().optional(),
  }),
  permission: 'signed_in',
  effect: 'read',
});

export const getUser = defineOperation({
  name: 'users.get',
  summary: 'One user, by id or handle',
  tag: 'Identity',
  rest: { method: 'get', path: '/api/users/:userId' },
  socket: 'get_user',
  input: z.object({ userId: z.string().min(1).max(100) }),
  output: User,
  permission: 'signed_in',
  effect: 'read',
});

export const updateUser = defineOperation({
  name: 'users.update',
  summary: 'Suspend someone or change their role',
  description:
    'A suspended user is signed out everywhere at once and cannot sign in until the suspension is lifted. The role of people who come through an organisation of the identity provider is changed there.',
  tag: 'Identity',
  rest: { method: 'patch', path: '/api/users/:userId' },
  socket: 'update_user',
  input: z.strictObject({
    userId: Id,
    suspended: z.boolean().optional(),
    role: z.enum(['admin', 'member']).optional(),
  }),
  output: z.object({ ...User.shape, role: z.enum(['admin', 'member']), suspended: z.boolean() }),
  permission: 'admin',
  effect: 'reversible',
});

const ConnectionsFound = z.object({
  connections: z.array(
    z.object({ id: Id, node: Id, protocol: z.enum(['socketio', 'phoenix']), since: z.iso.datetime() }),
  ),
  /** False when some node did not answer in time. */
  complete: z.boolean(),
});

export const listConnections = defineOperation({
  name: 'users.connections',
  summary: 'Live connections of someone, on every node',
  tag: 'Identity',
  rest: { method: 'get', path: '/api/users/:userId/connections' },
  socket: 'list_connections',
  input: z.object({ userId: Id }),
  output: ConnectionsFound,
  permission: 'admin',
  effect: 'read',
});

export const disconnectUser = defineOperation({
  name: 'users.disconnect',
  summary: 'Close the live connections of someone, on every node',
  description:
    'Their clients may come back at once. To keep someone out, suspend them. Where not every node answered in time (`complete` is false), the others close theirs within ten seconds, as soon as they see it in the database.',
  tag: 'Identity',
  rest: { method: 'delete', path: '/api/users/:userId/connections' },
  socket: 'disconnect_user',
  input: z.object({ userId: Id }),
  output: ConnectionsFound,
  permission: 'admin',
  effect: 'reversible',
});

export const removeUser = defineOperation({
  name: 'users.remove',
  summary: 'Remove someone for good',
  description:
    'They are signed out everywhere at once, leave every room, their API keys end and their agents are suspended; what they wrote stays. Their name is free again. People who come through an organisation of the identity provider are removed there.',
  tag: 'Identity',
  rest: { method: 'delete', path: '/api/users/:userId' },
  socket: 'remove_user',
  input: z.object({ userId: Id }),
  output: z.object({ removed: z.literal(true) }),
  permission: 'admin',
  effect: 'irreversible',
});

export const ApiKey = z.object({
  id: Id,
  name: z.string(),
  /** How the key begins: enough to tell keys apart. */
  prefix: z.string(),
  /** Whom the key acts as. */
  userId: Id,
  role: z.enum(['admin', 'member']),
  scopes: z.array(z.string()),
  createdAt: Timestamp,
  expiresAt: Timestamp.optional(),
  lastUsedAt: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

export const NewApiKey = z.object({ ...ApiKey.shape, key: z.string() });
export type NewApiKey = z.infer<typeof NewApiKey>;

export const listKeys = defineOperation({
  name: 'keys.list',
  summary: 'API keys, without their secrets',
  tag: 'API keys',
  rest: { method: 'get', path: '/api/keys' },
  socket: 'list_keys',
  input: z.object(Page),
  output: z.object({ data: z.array(ApiKey), nextCursor: z.string().optional() }),
  permission: 'admin',
  effect: 'read',
});

export const createKey = defineOperation({
  name: 'keys.create',
  summary: 'Make an API key',
  description:
    'The answer is the only time the key is shown. It acts as the administrator who made it, within its scopes and role, and is sent wherever a token is. A scope is the name of an operation, a family such as `messages.*`, or `*`; listening to a room needs `rooms.join`.',
  tag: 'API keys',
  rest: { method: 'post', path: '/api/keys', status: 201 },
  socket: 'create_key',
  input: z.strictObject({
    name: DisplayName,
    scopes: z
      .array(
        z
          .string()
          .max(64)
          .regex(/^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$/, 'is like messages.send, messages.* or *'),
      )
      .min(1, 'needs at least one scope')
      .max(100),
    role: z.enum(['admin', 'member']).default('member'),
    expiresAt: Timestamp.optional(),
  }),
  output: NewApiKey,
  permission: 'admin',
  effect: 'reversible',
});

export const deleteKey = defineOperation({
  name: 'keys.delete',
  summary: 'Revoke an API key',
  tag: 'API keys',
  rest: { method: 'delete', path: '/api/keys/:keyId' },
  socket: 'delete_key',
  input: z.object({ keyId: Id }),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'admin',
  effect: 'irreversible',
});
