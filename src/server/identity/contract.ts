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
});

export const listUsers = defineOperation({
  name: 'users.list',
  summary: 'People and agents of this server, by handle',
  tag: 'Identity',
  rest: { method: 'get', path: '/api/users' },
  socket: 'list_users',
  input: z.object({
    ...Page,
    query: z.string().max(64).optional(),
    kind: z.enum(['human', 'agent']).optional(),
  }),
  output: z.object({ data: z.array(User), nextCursor: z.string().optional() }),
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

export const identityOperations = [createSession, getMe, updateMe, listUsers, getUser];
