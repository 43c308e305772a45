// G4: a database that was restored says so. Whoever comes back with the epoch of another life is told to start afresh, even
// when its afterSeq would fit; whoever gives none is treated as ever.
import { expect, onTestFinished, test } from 'vitest';
import { renewEpoch } from '../../src/core/epoch.ts';
import { describeEachDatabase, startApp } from '../support/app.ts';
import { connect, listen, SOCKET_SURFACES } from '../support/clients.ts';

describeEachDatabase('the epoch', (database) => {
  test('reaches clients, and another one means: start afresh', async () => {
    const app = await startApp({ database });
    onTestFinished(() => app.stop());
    const ada = await app.signIn('Ada');
    const rest = await connect('rest', app, ada);
    const roomId = (await rest.call('create_room', { name: 'Once upon a time' })).id;
    for (const body of ['one', 'two', 'three']) await rest.call('send_message', { roomId, body });
    for (const surface of SOCKET_SURFACES) {
      const client = await listen(surface, app, ada);
      const { epoch } = await client.join(roomId);
      expect(epoch).toMatch(/^[0-9a-f-]{36}$/);
      const again = await listen(surface, app, ada);
      const same = await again.join(roomId, { afterSeq: 1, epoch } as { afterSeq: number });
      expect(same).toMatchObject({ resync: false, epoch, events: [{ seq: 2 }, { seq: 3 }, { seq: 4 }] });
      const third = await listen(surface, app, ada);
      const other = await third.join(roomId, { afterSeq: 1, epoch: 'another' } as { afterSeq: number });
      expect(other).toMatchObject({ resync: true, epoch });
      expect(other.events).toHaveLength(4);
      const fourth = await listen(surface, app, ada);
      expect(await fourth.join(roomId, { afterSeq: 1 })).toMatchObject({ resync: false });
      await Promise.all([client, again, third, fourth].map((c) => c.close()));
      const page = (input: object) => rest.call('list_events', { roomId, afterSeq: 2, ...input });
      expect(await page({})).toMatchObject({ resync: false, epoch });
      expect(await page({ epoch })).toMatchObject({ resync: false });
      expect(await page({ epoch: 'another' })).toMatchObject({ resync: true, epoch });
    }
  });

  test('is another one after it was renewed', async () => {
    const app = await startApp({ database });
    onTestFinished(() => app.stop());
    const { db } = app.app.parts.database;
    const renewed = await renewEpoch(db);
    const rest = await connect('rest', app, await app.signIn('Ada'));
    expect((await rest.call('list_events', { roomId: 'lobby', afterSeq: 0 })).epoch).toBe(renewed);
  });
});
