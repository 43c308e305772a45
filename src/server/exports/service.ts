// Exports: who may have one, the job that writes it line by line, and the file. Must never hold a whole one in memory, nor hand it
// to someone who may not have it any more.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { by, note } from '../../core/audit-note.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Objects } from '../../core/objects.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import type { createExport, Export } from './contract.ts';
import * as repo from './repository.ts';

export type ExportsService = ReturnType<typeof createExports>;

const JOB = 'exports.write';

const missing = () => notFound('export_not_found', 'There is no such export, or it is not yours.');

export function createExports(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  identity: IdentityService;
  rooms: RoomsService;
  objects: Objects;
  /** Folder for what is being written. */
  folder(): Promise<string>;
}) {
  const { database, events, jobs, identity, rooms, objects, folder } = deps;
  const { db } = database;

  /** What is exported, if the caller may have it. */
  async function subjectOf(
    scope: Scope,
    {
      kind,
      roomId,
      userId,
    }: { kind: repo.ExportRow['kind']; roomId?: string | undefined; userId?: string | undefined },
  ): Promise<string> {
    const admin = scope.role === 'admin';
    if (kind === 'room') {
      if (roomId === undefined)
        throw new AppError('invalid', 'invalid_input', 'roomId: name the room that is to be exported.');
      const seen = await rooms.requireVisible(scope, roomId);
      const { row, membership } = seen;
      if (membership === undefined || !canInRoom('room.update', rooms.seenAs(scope, seen)))
        throw new AppError('forbidden', 'not_allowed', 'Only an owner or admin of the room exports it.');
      return row.id;
    }
    if (kind === 'user') {
      const id = userId ?? scope.user.id;
      if (id === scope.user.id) return id;
      if (!admin) throw notFound('user_not_found', 'There is no such user, or you may not export them.');
      return (await identity.get(scope, id)).id;
    }
    if (!admin)
      throw new AppError('forbidden', 'admin_only', 'Only an administrator exports everything; ask one.');
    return scope.tenantId;
  }

  async function requireMine(scope: Scope, id: string): Promise<repo.ExportRow> {
    const row = isUuid(id) ? await repo.findExport(db, id) : undefined;
    if (row === undefined || row.tenantId !== scope.tenantId || row.userId !== scope.user.id) throw missing();
    return row;
  }

  async function* linesOf({ kind, tenantId, subjectId }: repo.ExportRow): AsyncGenerator<string> {
    const within: repo.Within = {
      tenantId,
      ...(kind === 'room' ? { roomId: subjectId } : {}),
      ...(kind === 'user' ? { userId: subjectId } : {}),
    };
    const line = (type: string, row: object) => `${JSON.stringify({ type, ...row })}\n`;
    if (kind !== 'room') for await (const row of repo.users(db, within)) yield line('user', row);
    if (kind !== 'user') for await (const row of repo.rooms(db, within)) yield line('room', row);
    for (const row of await repo.memberships(db, within)) yield line('membership', row);
    for await (const row of repo.messages(db, within)) yield line('message', row);
    for await (const row of repo.uploads(db, within)) yield line('upload', row);
  }

  const job: JobDef<{ exportId: string }> = {
    name: JOB,
    retryLimit: 3,
    expireInSeconds: 3600,
    concurrency: 1,
    async handle({ exportId }, { signal, attempt }) {
      const row = await repo.findExport(db, exportId);
      if (row === undefined || row.status !== 'waiting') return;
      const at = await folder();
      await mkdir(at, { recursive: true, mode: 0o700 });
      const path = join(at, `export-${exportId}`);
      try {
        const hash = createHash('sha256');
        let rows = 0;
        let bytes = 0;
        await pipeline(
          linesOf(row),
          async function* (lines: AsyncIterable<string>) {
            for await (const line of lines) {
              rows++;
              bytes += Buffer.byteLength(line);
              hash.update(line);
              yield line;
            }
          },
          createWriteStream(path, { mode: 0o600 }),
          { signal },
        );
        await objects.put(exportId, { path, bytes, sha256: hash.digest('hex') });
        await repo.updateExport(db, exportId, { status: 'ready', rows, bytes, doneAt: await nowOf() });
      } catch (error) {
        if (attempt > 3 && !signal.aborted)
          await repo.updateExport(db, exportId, {
            status: 'failed',
            error: 'It could not be written; try again later.',
            doneAt: await nowOf(),
          });
        throw error;
      } finally {
        await rm(path, { force: true });
      }
    },
  };

  const nowOf = async (): Promise<Date> =>
    (await db.selectNoFrom((eb) => eb.fn<Date>('now').as('now')).executeTakeFirstOrThrow()).now;

  return {
    job,

    async create(scope: Scope, input: InputOf<typeof createExport>): Promise<Export> {
      const subjectId = await subjectOf(scope, input);
      return database.transaction(async (tx) => {
        const row = await repo.insertExport(tx, {
          id: newId(),
          tenantId: scope.tenantId,
          userId: scope.user.id,
          kind: input.kind,
          subjectId,
          status: 'waiting',
        });
        await jobs.enqueue(tx, { name: JOB }, [{ exportId: row.id }]);
        await note(events, tx, {
          ...by(scope),
          action: 'export.created',
          subject: { type: input.kind, id: subjectId },
        });
        return toExport(row);
      });
    },

    get: async (scope: Scope, id: string): Promise<Export> => toExport(await requireMine(scope, id)),

    /** The file, if it is there and the caller may still have it. */
    async open(scope: Scope, id: string, signal: AbortSignal): Promise<{ body: Readable; bytes: number }> {
      const row = await requireMine(scope, id);
      await subjectOf(scope, {
        kind: row.kind,
        ...(row.kind === 'room' ? { roomId: row.subjectId } : {}),
        ...(row.kind === 'user' ? { userId: row.subjectId } : {}),
      }).catch((error: unknown) => {
        throw error instanceof AppError && ['forbidden', 'not_found'].includes(error.code)
          ? missing()
          : error;
      });
      if (row.status !== 'ready' || row.bytes === null)
        throw new AppError('conflict', 'export_not_ready', 'The export is not ready yet; ask again shortly.');
      return { body: await objects.read(id, { start: 0, end: row.bytes - 1 }, signal), bytes: row.bytes };
    },

    /** Deletes exports of which seven days are over. */
    async tidy(): Promise<void> {
      for (const { id } of await repo.takeOld(db)) await objects.remove(id);
    },
  };
}

const toExport = (row: repo.ExportRow): Export => ({
  id: row.id,
  kind: row.kind,
  subjectId: row.subjectId,
  status: row.status,
  ...(row.rows === null ? {} : { rows: row.rows }),
  ...(row.bytes === null ? {} : { bytes: row.bytes }),
  ...(row.error === null ? {} : { error: row.error }),
  createdAt: row.createdAt.toISOString(),
  ...(row.doneAt === null ? {} : { doneAt: row.doneAt.toISOString() }),
});
