// What uploads offer, the two routes for bytes, and the tidying that goes on beside.
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { handle, type Module } from '../../core/module.ts';
import type { Objects } from '../../core/objects.ts';
import { createRounds } from '../../core/rounds.ts';
import type { Scope } from '../../core/scope.ts';
import * as c from './contract.ts';
import type { UploadsService } from './service.ts';
import { answerFile, offsetOf } from './serving.ts';

const TIDY_EVERY_MS = 600_000;

export function uploadsModule(deps: {
  uploads: UploadsService;
  objects: Objects;
  clock: Clock;
  logger: Logger;
}): Module {
  const { uploads, objects, clock, logger } = deps;
  const rounds = createRounds({
    clock,
    logger,
    everyMs: TIDY_EVERY_MS,
    failed: 'files could not be tidied',
    run: uploads.tidy,
  });

  return {
    name: 'uploads',
    operations: [
      handle(c.createUpload, (scope, input) => uploads.create(scope, input)),
      handle(c.getUpload, (scope, { uploadId }) => uploads.get(scope, uploadId)),
      handle(c.linkUpload, (scope, { uploadId }) => uploads.link(scope, uploadId)),
      handle(c.deleteUpload, async (scope, { uploadId }) => {
        await uploads.remove(scope, uploadId);
        return { deleted: true as const };
      }),
    ],
    streamRoutes: [
      {
        name: 'uploads.send',
        method: 'put',
        path: '/api/uploads/:uploadId/content',
        summary: 'The bytes of an upload, or the next piece of them',
        permission: 'signed_in',
        rate: { bucket: 'uploads.send', points: 600, seconds: 60 },
        async handle({ scope, params, headers, body, signal }) {
          const offset = offsetOf(headers['upload-offset']);
          const upload = await uploads.receive(scope as Scope, params.uploadId ?? '', offset, body, signal);
          return { status: 200, headers: { 'Upload-Offset': String(upload.received) }, body: upload };
        },
      },
      {
        name: 'uploads.read',
        method: 'get',
        path: '/api/files/:uploadId',
        summary: 'A file, by an address of uploads.link',
        permission: 'address',
        rate: { bucket: 'uploads.read', points: 3000, seconds: 60 },
        async handle({ params, query, headers, signal }) {
          return answerFile(await uploads.open(params.uploadId ?? '', query), headers.range, signal);
        },
      },
    ],
    start: async () => rounds.start(),
    async stop() {
      await rounds.stop();
      await objects.stop();
    },
  };
}
