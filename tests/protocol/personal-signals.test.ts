// What people hear of their rooms without listening to them: being put in, taken out, changes. On every socket protocol, in the
// form that is documented, and nobody else hears it.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { roomAdded, roomChanged, roomRemoved } from '../../src/server/rooms/contract.ts';
import { type SignedIn, startApp, type TestApp } from '../support/app.ts';
import { type Caller, connect, type Listener, listen, request, SOCKET_SURFACES } from '../support/clients.ts';

const DEFS = { room_added: roomAdded, room_removed: roomRemoved, room_changed: roomChanged };
type Name = keyof typeof DEFS;

let app: TestApp;
let ada: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let owner: Caller;
beforeAll(async () => {
  app = await startApp();
  await app.signIn('Root Person');
  [ada, bob, eve] = [await app.signIn('Ada'), await app.signIn('Bob'), await app.signIn('Eve')];
  owner = await connect('rest', app, ada);
});
afterAll(() => app.stop());

const personal = (ear: Listener) => ear.heard.filter((h) => h.type in DEFS);

describe.each(SOCKET_SURFACES)('by %s', (surface) => {
  async function ear(who: SignedIn): Promise<Listener> {
    const listener = await listen(surface, app, who);
    onTestFinished(() => listener.close());
    return listener;
  }

  /** The one personal signal that a change brings, checked against its definition. */
  async function expectSignal(listener: Listener, name: Name, change: () => Promise<unknown>) {
    const before = personal(listener).length;
    await change();
    await listener.until(name, () => personal(listener).length > before);
    expect(personal(listener)).toHaveLength(before + 1);
    const { type, payload } = personal(listener).at(-1) as Listener['heard'][number];
    expect(type).toBe(name);
    return DEFS[name].payload.parse(payload) as typeof payload;
  }

  test('someone hears of the whole life of a room that others put him into', async () => {
    const [bobs, eves] = [await ear(bob), await ear(eve)];
    let roomId = '';
    const added = await expectSignal(bobs, 'room_added', async () => {
      const input = { name: 'Invited', visibility: 'private', memberIds: [bob.user.id] };
      roomId = (await owner.call('create_room', input)).id;
    });
    expect(added).toMatchObject({ roomId, by: ada.user.id });
    // What is said is what a fetch says.
    expect(added.room).toEqual(await bobs.call('get_room', { roomId }));

    const renamed = await expectSignal(bobs, 'room_changed', () =>
      owner.call('update_room', { roomId, name: 'Renamed', topic: 'now' }),
    );
    const { me, ...room } = await bobs.call('get_room', { roomId });
    expect(renamed).toEqual({ roomId, room });
    expect(me.role).toBe('member');

    const promoted = await expectSignal(bobs, 'room_changed', () =>
      owner.call('update_member', { roomId, userId: bob.user.id, role: 'admin' }),
    );
    expect(promoted).toMatchObject({ roomId, role: 'admin', room: { name: 'Renamed' } });

    const removal = () => owner.call('remove_member', { roomId, userId: bob.user.id });
    const removed = await expectSignal(bobs, 'room_removed', removal);
    const { lastSeq } = await owner.call('get_room', { roomId });
    expect(removed).toEqual({ roomId, lastSeq, by: ada.user.id });
    await owner.call('update_room', { roomId, name: 'Without you' });

    const back = () => owner.call('add_member', { roomId, userId: bob.user.id });
    await expectSignal(bobs, 'room_added', back);
    const deleted = await expectSignal(bobs, 'room_removed', () => owner.call('delete_room', { roomId }));
    expect(deleted).toMatchObject({ roomId, by: ada.user.id, deleted: true });
    // An answer comes behind everything that was written to a connection before.
    await Promise.all([bobs.call('get_me'), eves.call('get_me')]);
    expect(personal(bobs)).toHaveLength(6);
    expect(personal(eves)).toEqual([]);
  });

  test('someone hears of a direct room, and of what he does himself elsewhere', async () => {
    const [bobs, eves] = [await ear(bob), await ear(eve)];
    let roomId = '';
    const direct = await expectSignal(bobs, 'room_added', async () => {
      const third = await app.signIn(`Third ${surface}`);
      const thirds = await connect('rest', app, third);
      roomId = (await thirds.call('open_direct_room', { userIds: [bob.user.id] })).id;
    });
    expect(direct).toMatchObject({ roomId, room: { kind: 'direct', me: { role: 'member', unread: 0 } } });

    const { id: open } = await owner.call('create_room', { name: 'Open' });
    const joined = await expectSignal(eves, 'room_added', () =>
      request(app.url, 'POST', `/api/rooms/${open}/join`, { token: eve.token, body: {} }),
    );
    expect(joined).toMatchObject({ roomId: open, by: eve.user.id });
    const leave = () => eves.call('quit_room', { roomId: open });
    expect(await expectSignal(eves, 'room_removed', leave)).toMatchObject({ roomId: open, by: eve.user.id });
  });
});
