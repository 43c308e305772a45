// What exports offer, the route for the file, and the job that writes it.
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { handle, type Module } from '../../core/module.ts';
import { createRounds } from '../../core/rounds.ts';
import type { Scope } from '../../core/scope.ts';
import * as c from './contract.ts';
import type { ExportsService } from './service.ts';

const TIDY_EVERY_MS = 3_600_000;

export function exportsModule(deps: { exports: ExportsService; clock: Clock; logger: Logger }): Module {
  const { exports, clock, logger } = deps;
  const rounds = createRounds({
    clock,
    logger,
    everyMs: TIDY_EVERY_MS,
    failed: 'old exports could not be deleted',
    run: exports.tidy,
  });
  return {
    name: 'exports',
    operations: [
      handle(c.createExport, (scope, input) => exports.create(scope, input)),
      handle(c.getExport, (scope, { exportId }) => exports.get(scope, exportId)),
    ],
    streamRoutes: [
      {
        name: 'exports.read',
        method: 'get',
        path: '/api/export/:exportId/file',
        summary: 'An export as NDJSON',
        permission: 'signed_in',
        rate: { bucket: 'exports.read', points: 60, seconds: 60 },
        async handle({ scope, params, signal }) {
          const { body, bytes } = await exports.open(scope as Scope, params.exportId ?? '', signal);
          return {
            status: 200,
            headers: {
              'Content-Type': 'application/x-ndjson',
              'Content-Length': String(bytes),
              'Content-Disposition': 'attachment; filename="export.ndjson"',
            },
            body,
          };
        },
      },
    ],
    jobs: [exports.job],
    start: async () => rounds.start(),
    stop: rounds.stop,
  };
}
