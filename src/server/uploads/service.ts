// Uploads: announced, received in pieces, known by their content, kept once, sent with messages, read by who may read those.
// Must never serve a file to someone who cannot see a message that has it, nor keep what nobody can reach any more.
import type { Readable } from 'node:stream';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Logger } from '../../core/logger.ts';
import type { Objects } from '../../core/objects.ts';
import type { Scope } from '../../core/scope.ts';
import { MOST_PIXELS, pixelsOf, SIZE_BYTES, TYPE_BYTES, typeOf } from './content-kind.ts';
import type { Upload } from './contract.ts';
import type { createLinks } from './links.ts';
import type { Parts } from './parts.ts';
import * as repo from './repository.ts';

export type UploadsService = ReturnType<typeof createUploadsService>;

export interface AttachedFile {
  id: string;
  name: string;
  contentType: string;
  bytes: number;
  width?: number;
  height?: number;
}

export interface UploadLimits {
  /** Of one file. */
  bytes: number;
  /** Of all files of one user. */
  userBytes: number;
}

/** Files of one user that are under way. */
const MOST_OPEN = 20;
/** Rows that one round of tidying takes. */
const TIDY_STEP = 200;

const missing = () => notFound('upload_not_found', 'There is no such upload, or you may not see it.');

export function createUploadsService(deps: {
  database: Database;
  objects: Objects;
  parts: Parts;
  links: ReturnType<typeof createLinks>;
  limits: UploadLimits;
  logger: Logger;
}) {
  const { database, objects, parts, links, limits, logger } = deps;
  const { db } = database;
  /** Uploads that a request of this node is adding to. */
  const receiving = new Set<string>();

  async function requireMine(scope: Scope, id: string): Promise<repo.UploadRow> {
    const row = isUuid(id) ? await repo.findUpload(db, scope.tenantId, id) : undefined;
    if (row === undefined || row.userId !== scope.user.id) throw missing();
    return row;
  }

  const shown = async (row: repo.UploadRow): Promise<Upload> => ({
    id: row.id,
    name: row.name,
    bytes: row.bytes,
    received: row.blobId === null ? await parts.received(row.id) : row.bytes,
    status: row.blobId === null ? 'open' : 'ready',
    ...kindOf(row),
    createdAt: row.createdAt.toISOString(),
  });

  /** All is there: kept under its hash, once in the tenant. */
  async function finish(row: repo.UploadRow): Promise<repo.UploadRow> {
    const { id, tenantId, bytes } = row;
    const sha256 = await parts.hash(id);
    const known = await repo.findBlob(db, tenantId, sha256);
    if (known === undefined) await objects.put(id, { path: await parts.pathOf(id), bytes, sha256 });
    const done = await database.transaction(async (tx) => {
      const made =
        known === undefined ? await repo.insertBlob(tx, { id, tenantId, sha256, bytes }) : undefined;
      const blob = made ?? (await repo.findBlob(tx, tenantId, sha256));
      if (blob === undefined) throw new AppError('unavailable', 'try_again', 'Send the last piece again.');
      return repo.setBlob(tx, id, blob.id);
    });
    // Another brought the same meanwhile.
    if (known === undefined && done?.blobId !== id) await objects.remove(id);
    await parts.remove(id);
    if (done === undefined) throw missing();
    return done;
  }

  /** Learns what arrives by its first bytes, while the rest is still coming. */
  function learner(row: repo.UploadRow) {
    let contentType = row.contentType;
    let size =
      row.width === null || row.height === null ? undefined : { width: row.width, height: row.height };
    return async (head: Uint8Array, total: number) => {
      const whole = total >= row.bytes;
      const before = contentType;
      if (contentType === null && (head.length >= TYPE_BYTES || whole))
        contentType = await typeOf(head, whole);
      if (contentType === null) return;
      const sizeBefore = size;
      if (size === undefined && contentType.startsWith('image/')) size = pixelsOf(head);
      if (size !== undefined && size.width * size.height > MOST_PIXELS)
        throw new AppError(
          'too_large',
          'too_many_pixels',
          `An image has at most ${MOST_PIXELS / 1e6} million pixels; make it smaller.`,
        );
      if (contentType === before && size === sizeBefore) return;
      await repo.setKind(db, row.id, {
        contentType,
        width: size?.width ?? null,
        height: size?.height ?? null,
      });
    };
  }

  return {
    async create(scope: Scope, input: { name: string; bytes: number }): Promise<Upload> {
      if (input.bytes > limits.bytes)
        throw new AppError(
          'too_large',
          'file_too_large',
          `A file has at most ${limits.bytes} bytes; send a smaller one.`,
        );
      const { tenantId } = scope;
      const userId = scope.user.id;
      const row = await database.transaction(async (tx) => {
        const used = await repo.lockUsage(tx, tenantId, userId);
        if (used.open >= MOST_OPEN)
          throw new AppError(
            'conflict',
            'too_many_uploads',
            `You have ${MOST_OPEN} uploads under way; finish or delete one first.`,
          );
        if (used.bytes + input.bytes > limits.userBytes)
          throw new AppError(
            'conflict',
            'no_space_left',
            `Your files may have ${limits.userBytes} bytes together; delete messages with files first.`,
          );
        return repo.insertUpload(tx, { id: newId(), tenantId, userId, ...input });
      });
      return shown(row);
    },

    get: async (scope: Scope, id: string): Promise<Upload> => shown(await requireMine(scope, id)),

    /** Takes a piece that goes on at `offset`. What came of it stays when it breaks off. */
    async receive(
      scope: Scope,
      id: string,
      offset: number,
      body: Readable,
      signal: AbortSignal,
    ): Promise<Upload> {
      const row = await requireMine(scope, id);
      if (row.blobId !== null)
        throw new AppError('conflict', 'upload_complete', 'All of this file has arrived already.');
      if (receiving.has(row.id))
        throw new AppError(
          'conflict',
          'upload_busy',
          'Another request is sending this file; wait for its end.',
        );
      receiving.add(row.id);
      try {
        const received = await parts.received(row.id);
        if (offset !== received)
          throw new AppError(
            'conflict',
            'wrong_offset',
            `${received} bytes are here; go on with Upload-Offset: ${received}.`,
          );
        try {
          await parts.append(row.id, body, { bytes: row.bytes, headBytes: SIZE_BYTES, signal }, learner(row));
        } catch (error) {
          // Not what was announced: it starts anew.
          if (error instanceof AppError && error.code === 'too_large') await parts.remove(row.id);
          throw error;
        }
        if ((await parts.received(row.id)) < row.bytes) return shown(await requireMine(scope, id));
        return shown(await finish(row));
      } finally {
        receiving.delete(row.id);
      }
    },

    async link(scope: Scope, id: string): Promise<{ url: string; expiresAt: string }> {
      const row = await repo.findReadable(db, scope.tenantId, scope.user.id, id);
      if (row === undefined) throw missing();
      return links.make({ tenantId: scope.tenantId, uploadId: row.id, userId: scope.user.id });
    },

    /** The file behind an address, if its reader may still read it. */
    async open(
      uploadId: string,
      query: Record<string, unknown>,
    ): Promise<{
      row: repo.UploadRow;
      read(range: { start: number; end: number }, signal: AbortSignal): Promise<Readable>;
    }> {
      const ticket = links.read(uploadId, query);
      const row = ticket && (await repo.findReadable(db, ticket.tenantId, ticket.userId, ticket.uploadId));
      const key = row?.blobId ?? undefined;
      if (row === undefined || key === undefined) throw missing();
      return { row, read: (range, signal) => objects.read(key, range, signal) };
    },

    async remove(scope: Scope, id: string): Promise<void> {
      const row = await requireMine(scope, id);
      const gone = await repo.deleteUpload(db, scope.tenantId, row.id).catch(beingSent);
      if (gone === undefined)
        throw new AppError(
          'conflict',
          'upload_in_use',
          'The file was sent; delete the messages that have it.',
        );
      await parts.remove(row.id);
      await removeBlobs();
    },

    /**
     * For sends that name uploads: what they attach, or why not. Runs in the transaction that commits the messages; asks
     * nothing when none does.
     */
    async attachable(
      tx: Tx,
      sends: { tenantId: string; userId: string; ids: string[] }[],
    ): Promise<(AttachedFile[] | AppError)[]> {
      const ids = [...new Set(sends.flatMap((send) => send.ids))];
      const rows = new Map(
        (ids.length === 0 ? [] : await repo.lockToAttach(tx, ids)).map((row) => [row.id, row]),
      );
      return sends.map((send) => {
        const files: AttachedFile[] = [];
        for (const id of send.ids) {
          const row = rows.get(id);
          if (row === undefined || row.tenantId !== send.tenantId || row.userId !== send.userId)
            return missing();
          if (row.blobId === null)
            return new AppError(
              'conflict',
              'upload_not_ready',
              `The file "${row.name}" has not arrived in full; send the rest of it first.`,
            );
          const { id: uploadId, name, bytes } = row;
          files.push({ id: uploadId, name, bytes, contentType: 'application/octet-stream', ...kindOf(row) });
        }
        return files;
      });
    },

    attach: repo.attach,

    /** All files of a person, wherever they were sent. @returns how many */
    async eraseOf(tenantId: string, userId: string): Promise<number> {
      const ids = await repo.takeAllOf(db, tenantId, userId);
      for (const id of ids) await parts.remove(id);
      await removeBlobs();
      return ids.length;
    },

    /** Deletes what belongs to no message: of deleted ones at once, what was never sent after a day. */
    async tidy(): Promise<{ uploads: number; contents: number }> {
      await repo.detachDeleted(db);
      let uploads = 0;
      for (const { id, tenantId } of await repo.listUnused(db, TIDY_STEP)) {
        if (receiving.has(id)) continue;
        if ((await repo.deleteUpload(db, tenantId, id).catch(beingSent)) === undefined) continue;
        uploads++;
        await parts.remove(id);
        // Of one that broke off between its content and its row.
        if (!(await repo.hasBlob(db, id))) await objects.remove(id);
      }
      return { uploads, contents: await removeBlobs() };
    },
  };

  async function removeBlobs(): Promise<number> {
    const ids = await repo.takeUnusedBlobs(db, TIDY_STEP).catch((error: unknown) => {
      logger.warn({ err: error }, 'contents of files could not be tidied');
      return [];
    });
    for (const id of ids) await objects.remove(id);
    return ids.length;
  }
}

/** What is being attached at this moment stays. */
function beingSent(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== '23503') throw error;
  return undefined;
}

const kindOf = ({ contentType, width, height }: repo.UploadRow) => ({
  ...(contentType === null ? {} : { contentType }),
  ...(width === null ? {} : { width }),
  ...(height === null ? {} : { height }),
});
