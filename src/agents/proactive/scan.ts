// Looks, now and then, whether an agent has something to say first. What it has a reason to say is decided under the room's lock, and
// the decision, the run and its job are one transaction: a reason begins one run, however often and wherever it is looked at.
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { Failpoints } from '../../core/failpoints.ts';
import { derivedId, newId } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Logger } from '../../core/logger.ts';
import { ProactiveSettings } from './contract.ts';
import * as repo from './repository.ts';
import { dayOf, decideOpening } from './rules.ts';

export interface ScanDeps {
  database: Database;
  clock: Clock;
  jobs: Jobs;
  logger: Logger;
  failpoints: Failpoints;
  everySeconds: number;
  /** Messages of agents, beyond one answer each, that may follow a person's last word. */
  maxChain: number;
  /** Makes the run for an opening, inside `tx`. */
  begin(
    tx: Tx,
    opening: {
      id: string;
      tenantId: string;
      agentId: string;
      roomId: string;
      reason: string;
      askerId: string;
      rootId: string;
    },
  ): Promise<void>;
}

const SCAN_JOB = 'agents.proactive_scan';
const PAGE = 200;

export function createScan(deps: ScanDeps) {
  const { database, clock, jobs, logger, failpoints } = deps;
  const stopped = new AbortController();
  let watching: Promise<void> = Promise.resolve();

  /** @returns whether it decided to speak */
  async function look(place: repo.Place): Promise<boolean> {
    return database.transaction(async (tx) => {
      await repo.lockRoom(tx, place.roomId);
      const row = await repo.readPlace(tx, place);
      if (row === undefined) return false;
      const settings = ProactiveSettings.parse(row.proactive);
      if (!settings.enabled) return false;
      const now = clock.date();
      const day = dayOf(settings, now);
      const [reason] = await repo.listReasons(tx, place, settings, { now, day });
      if (reason === undefined) return false;
      const timeZone = settings.quietHours?.timeZone ?? 'UTC';
      const moment = await repo.readMoment(tx, place, { day, timeZone }, deps.maxChain);
      const silence = decideOpening(settings, row, {
        now,
        lastSaidAt: moment.lastSaidAt ?? undefined,
        atWork: moment.atWork,
        today: moment.today,
        chainFull: moment.sincePerson >= deps.maxChain,
      });
      const { kind, subjectId, occasion, personId } = reason;
      const { tenantId, agentId, roomId } = place;
      const opening = await repo.putOpening(
        tx,
        {
          id: newId(),
          tenantId,
          agentId,
          roomId,
          kind,
          subjectId,
          occasion,
          // Where nobody asked, the agent answers for itself, and may only look.
          askerId: personId ?? agentId,
          afterSeq: row.lastSeq,
          decision: silence === undefined ? 'speak' : 'silent',
          reason: silence ?? 'speak',
        },
        now,
      );
      if (opening === undefined || silence !== undefined) return false;
      await deps.begin(tx, {
        id: opening.id,
        tenantId,
        agentId,
        roomId,
        reason: `proactive_${kind}`,
        askerId: opening.askerId,
        rootId: moment.rootId ?? roomId,
      });
      database.afterCommit(tx, () => failpoints.hit('after-opening'));
      return true;
    });
  }

  async function scan(signal: AbortSignal): Promise<void> {
    let last: repo.Place | undefined;
    for (;;) {
      const places = await repo.listPlaces(database.db, last, PAGE);
      for (const place of places) {
        signal.throwIfAborted();
        await look(place).catch((error: unknown) => {
          signal.throwIfAborted();
          logger.warn(
            { err: error, agentId: place.agentId },
            'looking for what an agent may say first failed',
          );
        });
      }
      last = places.at(-1);
      if (places.length < PAGE) return;
    }
  }

  /** One job in each span of time for all nodes. */
  const wake = (tx: Tx, span: number): Promise<void> =>
    jobs.enqueue(tx, { name: SCAN_JOB }, [{}], { id: derivedId('proactive-scan', String(span)) });

  async function watch(): Promise<void> {
    const ms = deps.everySeconds * 1000;
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(ms, stopped.signal);
        await database.transaction((tx) => wake(tx, Math.floor(clock.now() / ms)));
      } catch (error) {
        if (!stopped.signal.aborted) logger.warn({ err: error }, 'waking the scan failed; trying again');
      }
    }
  }

  const job: JobDef<object> = {
    name: SCAN_JOB,
    retryLimit: 0,
    expireInSeconds: 600,
    concurrency: 1,
    handle: (_, { signal }) => scan(signal),
  };

  return {
    job,
    /** Once, now. */
    scan: () => scan(stopped.signal),
    start() {
      watching = watch();
    },
    async stop(): Promise<void> {
      stopped.abort();
      await watching;
    },
  };
}
