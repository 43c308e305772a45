// The two lanes that runs go in, each with a queue and workers of its own: somebody waits for an interactive run, nobody for one in
// the background. Must never let one lane take the other's workers.
import type { Tx } from '../../core/db/database.ts';
import type { Jobs } from '../../core/jobs.ts';

export type Lane = 'interactive' | 'background';

/** The job that wakes a worker for a run. */
export interface RunJob {
  runId: string;
}

const QUEUES: Record<Lane, string> = { interactive: 'agents.run', background: 'agents.run_background' };

export const LANES = Object.keys(QUEUES) as Lane[];

export const queueOf = (lane: Lane): string => QUEUES[lane];

/** Wakes workers of each run's lane when `tx` commits. */
export async function enqueueRuns(
  jobs: Pick<Jobs, 'enqueue'>,
  tx: Tx,
  runs: readonly { id: string; lane: Lane }[],
  delaySeconds?: number,
): Promise<void> {
  for (const lane of LANES)
    await jobs.enqueue<RunJob>(
      tx,
      { name: queueOf(lane) },
      runs.filter((run) => run.lane === lane).map((run) => ({ runId: run.id })),
      delaySeconds === undefined ? {} : { delaySeconds },
    );
}

/** A message may say that its answer is a long task nobody waits for. */
export const laneOf = (metadata: Record<string, unknown>): Lane =>
  metadata.lane === 'background' ? 'background' : 'interactive';
