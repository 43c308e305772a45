// Ways into a room: a link lets in as many as was said and each once, an invitation the one who was meant, and neither who is banned.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';

let town: Town;
let ada: Scope;
let bea: Scope;
let cyd: Scope;
let stranger: Scope;

beforeAll(async () => {
  town = await startTown();
  await town.person('Root Person');
  [ada, bea, cyd] = [await town.person('Ada'), await town.person('Bea'), await town.person('Cyd')];
  stranger = await town.stranger('Mallory');
});
afterAll(() => town.stop());

type RoomId = { id: string };
const secret = (more: object = {}): Promise<RoomId> =>
  town.call(ada, 'create_room', { name: 'Secret', topic: 'Plans', visibility: 'private', ...more });
const link = (room: RoomId, more: object = {}, who = ada) =>
  town.call(who, 'create_invite', { roomId: room.id, ...more });
const accept = (who: Scope, { token }: { token: string }) => town.call(who, 'accept_invite', { token });
const reason = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'allowed',
    (error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      return error.reason;
    },
  );

test('a link shows where it leads, lets in once, and is kept as a hash', async () => {
  const room = await secret();
  const made = await link(room);
  expect(made.token.length).toBeGreaterThanOrEqual(22);
  expect(made.url).toBe(`/#/invites/${made.token}`);
  const { rows } = await sql<object>`select * from room_invites`.execute(town.app.parts.database.db);
  expect(JSON.stringify(rows)).not.toContain(made.token);
  expect(await town.call(bea, 'preview_invite', { token: made.token })).toMatchObject({
    room: { id: room.id, name: 'Secret', topic: 'Plans', memberCount: 1 },
    invitedBy: { id: ada.user.id },
    isMember: false,
  });
  expect((await accept(bea, made)).me).toMatchObject({ role: 'member' });
  expect((await accept(bea, made)).room.id).toBe(room.id);
  expect((await town.call(ada, 'list_invites', { roomId: room.id })).data).toMatchObject([
    { id: made.id, uses: 1 },
  ]);
  expect(JSON.stringify(await town.call(ada, 'list_invites', { roomId: room.id }))).not.toContain(made.token);
  expect(await reason(link(room, {}, bea))).toBe('not_allowed');
});

test('a link that holds no more looks like one that never was, also from elsewhere', async () => {
  const room = await secret();
  const [revoked, over, used, fine] = [
    await link(room),
    await link(room),
    await link(room, { maxUses: 1 }),
    await link(room),
  ];
  await town.call(ada, 'revoke_invite', { roomId: room.id, inviteId: revoked.id });
  await sql`update room_invites set expires_at = now() - interval '1 second' where id = ${over.id}`.execute(
    town.app.parts.database.db,
  );
  await accept(bea, used);
  for (const one of [revoked, over, used, { token: 'x'.repeat(32) }])
    for (const name of ['preview_invite', 'accept_invite'])
      expect(await reason(town.call(cyd, name, { token: one.token }))).toBe('invite_not_found');
  for (const name of ['preview_invite', 'accept_invite'])
    expect(await reason(town.call(stranger, name, { token: fine.token }))).toBe('invite_not_found');
  // Whoever came by it comes again without a use more.
  await town.call(bea, 'quit_room', { roomId: room.id });
  await accept(bea, used);
  expect((await town.call(ada, 'list_invites', { roomId: room.id })).data.map((i: RoomId) => i.id)).toEqual([
    fine.id,
  ]);
  expect(await reason(link(room, { expiresAt: '2020-01-01T00:00:00Z' }))).toBe('invalid_input');
});

test('of many who come at once as many are let in as was said', async () => {
  const room = await secret();
  const made = await link(room, { maxUses: 3 });
  const people = await Promise.all(Array.from({ length: 8 }, (_, i) => town.person(`Guest ${i}`)));
  const answers = await Promise.all(
    people.flatMap((one) => [reason(accept(one, made)), reason(accept(one, made))]),
  );
  const { data } = await town.call(ada, 'list_members', { roomId: room.id });
  expect(data).toHaveLength(4);
  expect(answers.filter((answer) => answer === 'allowed')).toHaveLength(6);
  const { rows } = await sql<{ uses: number }>`select uses from room_invites where id = ${made.id}`.execute(
    town.app.parts.database.db,
  );
  expect(rows).toEqual([{ uses: 3 }]);
});

test('who is banned comes in by no link and no invitation', async () => {
  const room = await secret();
  const made = await link(room);
  await town.call(ada, 'invite_user', { roomId: room.id, handle: cyd.user.handle });
  const [waiting] = (await town.call(cyd, 'list_invitations')).data;
  await town.call(ada, 'ban_member', { roomId: room.id, userId: cyd.user.id });
  expect(await reason(accept(cyd, made))).toBe('banned');
  expect(await reason(town.call(cyd, 'accept_invitation', { invitationId: waiting.id }))).toBe('banned');
  expect(await reason(town.call(ada, 'invite_user', { roomId: room.id, userId: cyd.user.id }))).toBe(
    'banned',
  );
  const { rows } = await sql<{ uses: number }>`select uses from room_invites where id = ${made.id}`.execute(
    town.app.parts.database.db,
  );
  expect(rows).toEqual([{ uses: 0 }]);
});

test('who is invited by name hears of it, and accepts or declines; nobody else can', async () => {
  const room = await secret();
  const invite = () => town.call(ada, 'invite_user', { roomId: room.id, userId: bea.user.id });
  const first = await invite();
  expect(await invite()).toEqual(first);
  const [told] = (await town.call(bea, 'list_notifications')).data;
  expect(told).toMatchObject({ kind: 'invitation', subject: { invitationId: first.id, roomName: 'Secret' } });
  expect((await town.call(bea, 'list_invitations')).data).toEqual([first]);
  const about = { invitationId: first.id };
  for (const other of [cyd, ada, stranger])
    for (const name of ['accept_invitation', 'decline_invitation'])
      expect(await reason(town.call(other, name, about))).toBe('invitation_not_found');
  await town.call(bea, 'decline_invitation', about);
  expect((await town.call(bea, 'list_invitations')).data).toEqual([]);
  expect(await reason(town.call(bea, 'accept_invitation', about))).toBe('invitation_not_found');

  const again = { invitationId: (await invite()).id };
  expect((await town.call(bea, 'accept_invitation', again)).room.id).toBe(room.id);
  expect((await town.call(bea, 'accept_invitation', again)).room.id).toBe(room.id);
  expect(await reason(invite())).toBe('already_member');
  await town.call(bea, 'quit_room', { roomId: room.id });
  expect(await reason(town.call(bea, 'accept_invitation', again))).toBe('invitation_not_found');
});

test('an agent that is invited comes in where the room allows agents', async () => {
  const bot = await town.agent(ada);
  const room = await secret();
  expect(await town.call(ada, 'invite_user', { roomId: room.id, handle: `@${bot.handle}` })).toMatchObject({
    status: 'accepted',
  });
  expect((await town.call(ada, 'list_room_agents', { roomId: room.id })).data).toHaveLength(1);
  const closed = await secret({ agentsAllowed: false });
  expect(await reason(town.call(ada, 'invite_user', { roomId: closed.id, userId: bot.id }))).toBe(
    'agents_not_allowed',
  );
});
