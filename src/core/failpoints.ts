// Kills the process at a named place, as a power cut would, so that tests from outside can see what survives. Only with
// NODE_ENV=test; otherwise every place is passed without a look.
import { writeSync } from 'node:fs';

export interface Failpoints {
  /** Ends the process here, if the place was named; says so on stdout first. */
  hit(name: FailpointName): void;
  /** The same, once what was said before has left the process. Undefined when the place was not named. */
  hitSoon(name: FailpointName): Promise<void> | undefined;
}

/**
 * `after-commit-before-publish`: messages are committed, nobody has heard of them. `before-ack`: committed and announced, the
 * sender is not answered. `after-effect-before-record`: a tool has done its work, the run's journal does not say so yet.
 * `after-opening`: that an agent speaks first is decided, no worker has heard of its run.
 * `after-step-<k>`: the k-th step of a run is recorded; steps are the context, each model call, each tool call, the reply.
 */
export type FailpointName = (typeof NAMES)[number] | `after-step-${number}`;

const NAMES = [
  'after-commit-before-publish',
  'before-ack',
  'after-effect-before-record',
  'after-opening',
] as const;
const STEP = /^after-step-[1-9]\d{0,2}$/;

export const isFailpoint = (name: string): name is FailpointName =>
  (NAMES as readonly string[]).includes(name) || STEP.test(name);

export const FAILPOINT_NAMES = [...NAMES, 'after-step-<k>'].join(', ');

/** Time for what was written to reach the network, in ms. */
const LEAVING_MS = 50;

export const noFailpoints: Failpoints = { hit: () => {}, hitSoon: () => undefined };

export function createFailpoints(names: readonly string[]): Failpoints {
  if (names.length === 0) return noFailpoints;
  const armed = new Set(names);
  function hit(name: FailpointName): void {
    if (!armed.has(name)) return;
    // Written at once: nothing that waits is written any more.
    writeSync(1, `${JSON.stringify({ level: 'fatal', msg: 'failpoint hit', failpoint: name })}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  return {
    hit,
    hitSoon: (name) =>
      armed.has(name)
        ? new Promise((resolve) =>
            setTimeout(() => {
              hit(name);
              resolve();
            }, LEAVING_MS),
          )
        : undefined,
  };
}
