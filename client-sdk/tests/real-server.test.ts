// The SDK against the real server, over real sockets: the promises that a fake server could only imitate.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/core/db/database.ts';
import { renewEpoch } from '../../src/core/epoch.ts';
import { createLogger } from '../../src/core/logger.ts';
import { startApp } from '../../tests/support/app.ts';
import type { Client, RoomHandle } from '../src/api.ts';
import { createClient, ParleyError, signIn } from '../src/index.ts';
import { openWorld, when } from './real.ts';

const bodies = (room: RoomHandle) => room.getSnapshot().messages.map((message) => message.body);

describe('against the real server', () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  beforeAll(async () => {
    world = await openWorld();
  }, 60_000);
  afterEach(() => world.leave());
  afterAll(() => world.app.stop());
  const enter = (name: string) => world.enter(name);
  const createRoom = (who: { client: Client }, name: string) => world.createRoom(who, name);

  it('C5 I12 two people talk: shown at once, confirmed in one order, seen by the other', async () => {
    const [ada, bob] = [await enter('Ada'), await enter('Bob')];
    const { room, info } = await createRoom(ada, 'Talk');
    const his = bob.client.room(info.id);
    his.join();
    await his.whenLive();
    expect(bob.client.state.getSnapshot().me?.name).toBe('Bob');

    const sent = [room.messages.send('one'), his.messages.send('two'), room.messages.send('three')];
    expect(bodies(room).slice(-2)).toEqual(['one', 'three']);
    const confirmed = await Promise.all(sent.map((handle) => handle.confirmed));
    expect((confirmed[0]?.seq ?? 0) < (confirmed[2]?.seq ?? 0)).toBe(true);
    await Promise.all(
      [room, his].map((one) => when(one, (s) => s.messages.filter((m) => m.seq > 0).length === 3)),
    );
    expect(his.getSnapshot().messages).toEqual(room.getSnapshot().messages);
  });

  it('I11 I19 presence, typing, unread and read marks arrive', async () => {
    const [ada, bob] = [await enter('Ada'), await enter('Bob')];
    const { room, info } = await createRoom(ada, 'Signals');
    const his = bob.client.room(info.id);
    his.join();
    await when(room, (s) => s.presence[bob.user.id]?.connections === 1);
    room.setTyping(true);
    await when(his, (s) => s.typing.includes(ada.user.id));
    await room.messages.send(`hello @${bob.user.handle}`).confirmed;
    await when(his, (s) => s.typing.length === 0);
    await when(bob.client.rooms, (s) => s.list.find((one) => one.id === info.id)?.unread === 1);
    expect(his.getSnapshot().me).toMatchObject({ unread: 1, mentions: 1 });
    await his.markRead();
    expect(his.getSnapshot().me).toMatchObject({ unread: 0, mentions: 0 });
    await when(room, (s) => (s.reads[bob.user.id] ?? 0) > 0);
  });

  it('I20 a room that others put me into, rename and take me out of is so in my list', async () => {
    const [ada, bob] = [await enter('Ada'), await enter('Bob')];
    await when(bob.client.rooms, (s) => s.status === 'ready');
    const listed = (id: string) => bob.client.rooms.getSnapshot().list.find((room) => room.id === id);
    const memberIds = [bob.user.id];
    const { id } = await ada.client.rooms.create({ name: 'Invited', visibility: 'private', memberIds });
    await when(bob.client.rooms, () => listed(id) !== undefined);
    expect(listed(id)).toMatchObject({ name: 'Invited', unread: 0, me: { role: 'member' } });
    await ada.client.call('update_room', { roomId: id, name: 'Renamed' });
    await when(bob.client.rooms, () => listed(id)?.name === 'Renamed');
    await ada.client.call('update_member', { roomId: id, userId: bob.user.id, role: 'admin' });
    await when(bob.client.rooms, () => listed(id)?.me?.role === 'admin');
    await ada.client.call('remove_member', { roomId: id, userId: bob.user.id });
    await when(bob.client.rooms, () => listed(id) === undefined);
  });

  it('I1 I4 I13 what was missed comes after a lost connection, and what was written meanwhile is sent', async () => {
    const [ada, bob] = [await enter('Ada'), await enter('Bob')];
    const { room, info } = await createRoom(ada, 'Resume');
    const his = bob.client.room(info.id);
    his.join();
    await his.whenLive();
    await room.messages.send('before').confirmed;
    await when(his, (s) => s.messages.length === 1);
    bob.cut();
    const offline = his.messages.send('written offline');
    expect(bob.client.state.getSnapshot().status).toBe('offline');
    await Promise.all(Array.from({ length: 60 }, (_, i) => room.messages.send(`missed ${i}`).confirmed));
    await offline.confirmed;
    await when(bob.client.state, (s) => s.status === 'online');
    await when(room, (s) => s.messages.length === 62 && s.messages.every((message) => message.seq > 0));
    await when(his, (s) => s.messages.length === 62);
    expect(his.getSnapshot().messages).toEqual(room.getSnapshot().messages);
    expect(his.getSnapshot().lastSeq).toBe(room.getSnapshot().lastSeq);
  });

  it('I5 a server restored to an older state is shown as it is now', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sdk-restore-'));
    const first = await startApp({ config: { DATA_DIR: folder } });
    const { token } = await signIn(first.url, 'Ada');
    const client = createClient({ url: first.url, getToken: () => token });
    client.connect();
    const room = client.room('lobby');
    room.join();
    await room.whenLive();
    for (const body of ['kept', 'lost by the restore']) await room.messages.send(body).confirmed;
    await first.app.stop();

    const logger = createLogger({ level: 'silent', format: 'json' });
    const database = await openDatabase({ dataDir: folder, poolSize: 1, logger });
    // As long a log as before, but another one.
    await sql`update messages set body = 'said instead' where body = 'lost by the restore'`.execute(
      database.db,
    );
    await renewEpoch(database.db);
    await database.close();

    const again = await startApp({ config: { DATA_DIR: folder, PORT: new URL(first.url).port } });
    await when(room, (s) => s.messages.some((message) => message.body === 'said instead'));
    expect(bodies(room)).toEqual(['kept', 'said instead']);
    client.close();
    await again.app.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('I7 I8 edits, deletions and older pages are those of the server', async () => {
    const ada = await enter('Ada');
    const { room, info } = await createRoom(ada, 'History');
    const sent = Array.from({ length: 70 }, (_, i) => room.messages.send(`m${i}`));
    await Promise.all(sent.map((handle) => handle.confirmed));
    await room.messages.edit(sent[0]?.id as string, 'm0, better', { version: 1 });
    await expect(room.messages.edit(sent[0]?.id as string, 'late', { version: 1 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await room.messages.delete(sent[1]?.id as string);

    const bob = await enter('Bob');
    const his = bob.client.room(info.id);
    his.join();
    await his.whenLive();
    expect(his.getSnapshot().hasMoreBefore).toBe(true);
    while (his.getSnapshot().hasMoreBefore) await his.messages.loadBefore(20);
    expect(bodies(his)).toEqual(['m0, better', '', ...Array.from({ length: 68 }, (_, i) => `m${i + 2}`)]);
  });

  it('I9 an agent answers where it is asked, and leaves no stream behind', async () => {
    const ada = await enter('Ada');
    const lobby = ada.client.room('lobby');
    lobby.join();
    await lobby.whenLive();
    const agent = lobby.getSnapshot().members.find((member) => member.user.kind === 'agent')?.user;
    const activity = when(lobby, (s) => s.agents[agent?.id ?? ''] !== undefined);
    lobby.messages.send('@parley hello');
    await activity;
    const after = await when(lobby, (s) => s.messages.at(-1)?.author.id === agent?.id);
    expect(after.messages.at(-1)?.body).not.toBe('');
    await when(lobby, (s) => Object.keys(s.streams).length === 0);
  });

  it('C2 I18 refusals are errors with a code', async () => {
    const nobody = createClient({ url: world.app.url, getToken: () => 'nonsense' });
    nobody.connect();
    const { error } = await when(nobody.state, (s) => s.status === 'unauthorized');
    expect(error).toBeInstanceOf(ParleyError);
    expect(error?.code).toBe('unauthorized');
    nobody.close();

    const ada = await enter('Ada');
    const nowhere = ada.client.room('nowhere');
    nowhere.join();
    await expect(nowhere.whenLive()).rejects.toMatchObject({ code: 'not_found' });
    await expect(signIn(world.app.url, ' ')).rejects.toMatchObject({ code: 'invalid' });
    await expect(signIn('http://127.0.0.1:1', 'Ada')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
