// Tells every room of somebody that their name or picture is another now: one entry in each log, by a job, some rooms at a time.
// Must never append an entry for what a room was told already, however often the job runs.
import type { Database, Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { ProfileChanged } from '../identity/service.ts';
import * as memberRepo from './members-repository.ts';
import type { Memberships } from './membership.ts';
import * as repo from './repository.ts';

/** Rooms that are looked up at once; each is told in a transaction of its own. */
const PAGE = 200;
const MAX_TITLE = 200;

export type ProfileJob = JobDef<{ tenantId: string; userId: string }>;

/** What a direct room is called. */
export const directTitle = (names: string[]): string => [...names].sort().join(', ').slice(0, MAX_TITLE);

export function createProfiles(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  tellMember: Memberships['tellChange'];
  tellRoom(tx: Tx, row: repo.RoomRow, by: string): Promise<unknown>;
}): ProfileJob {
  const { database, events, jobs, tellMember, tellRoom } = deps;

  /** Of a direct room whose people are all there; what a removed person leaves of a name is for erasure to decide. */
  async function retitle(tx: Tx, row: repo.RoomRow, by: string): Promise<void> {
    if (row.directKey === null) return;
    const ids = row.directKey.split(',');
    const names = await repo.namesOf(tx, row.tenantId, ids);
    const name = directTitle(names);
    if (names.length !== ids.length || name === row.name) return;
    await tellRoom(tx, await repo.updateRoom(tx, row.id, { name }), by);
  }

  const tell = (tenantId: string, roomId: string, userId: string): Promise<void> =>
    database.transaction(async (tx) => {
      const row = await repo.lockRoom(tx, tenantId, roomId);
      // Marked before it is read: a change between the two is told twice rather than never.
      if (!(await memberRepo.markTold(tx, tenantId, roomId, userId)) || row === undefined) return;
      await tellMember(tx, row, userId);
      await retitle(tx, row, userId);
    });

  const job: ProfileJob = {
    name: 'rooms.tell_profile',
    retryLimit: 10,
    expireInSeconds: 900,
    concurrency: 2,
    async handle({ tenantId, userId }, { signal }) {
      let after: string | undefined;
      for (;;) {
        const rooms = await memberRepo.listUntold(database.db, tenantId, userId, PAGE, after);
        for (const roomId of rooms) {
          signal.throwIfAborted();
          await tell(tenantId, roomId, userId);
        }
        if (rooms.length < PAGE) return;
        after = rooms.at(-1);
      }
    },
  };

  events.on<ProfileChanged>('user.profile_changed', (tx, changed) => jobs.enqueue(tx, job, changed));
  return job;
}
