// What administrators alone are told: what the server is, and the roles of its people.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Scope } from '../../src/core/scope.ts';
import { startTown, type Town } from '../agents/town.ts';

let town: Town;
let grace: Scope;
let ada: Scope;

beforeAll(async () => {
  town = await startTown();
  grace = await town.person('Grace');
  ada = await town.person('Ada');
});
afterAll(() => town.stop());

test('an administrator is told what the server is, and no secret of it', async () => {
  const about = await town.call(grace, 'get_server', {});
  expect(about).toMatchObject({ database: expect.any(String), cluster: false, files: 'disk' });
  expect(about).toMatchObject({ limits: { messageBytes: 16_384 } });
  expect(JSON.stringify(about)).not.toMatch(/secret|password|postgres:\/\//i);
});

test('nobody else is', async () => {
  await expect(town.call(ada, 'get_server', {})).rejects.toMatchObject({ code: 'forbidden' });
});

test('roles and suspensions are told to administrators, and to nobody else', async () => {
  await town.call(grace, 'update_user', { userId: ada.user.id, suspended: true });
  const seen = (await town.call(grace, 'list_users', { kind: 'human' })) as unknown as {
    data: { id: string; role?: string; suspended?: boolean }[];
  };
  expect(seen.data).toContainEqual(
    expect.objectContaining({ id: ada.user.id, role: 'member', suspended: true }),
  );
  expect(seen.data).toContainEqual(
    expect.objectContaining({ id: grace.user.id, role: 'admin', suspended: false }),
  );
  await town.call(grace, 'update_user', { userId: ada.user.id, suspended: false });
  const ben = await town.person('Ben');
  const { data } = (await town.call(ben, 'list_users', {})) as unknown as { data: object[] };
  for (const user of data) {
    expect(user).not.toHaveProperty('role');
    expect(user).not.toHaveProperty('suspended');
  }
});
