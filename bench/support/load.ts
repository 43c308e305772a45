// The load generator as the benchmark sees it: a child process on a core of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinnedTo } from './cpu.ts';
import type { Crowd, Joined, Joining, Measured, Pressure, Request, Target } from './protocol.ts';

const PROGRAM = fileURLToPath(new URL('./load-process.ts', import.meta.url));
/** The server has core 0. */
export const LOAD_CORE = 1;
export const JOINING_AT_ONCE = 32;

export interface Load {
  /** Signs in and makes rooms. */
  prepare(target: Target, crowd: Crowd): Promise<void>;
  join(joining: Joining): Promise<Joined>;
  /** prepare and join, a few at a time, so that setting up is not a storm. */
  gather(target: Target, crowd: Crowd): Promise<Joined>;
  /** Closes all connections, which may then join again. */
  part(): Promise<void>;
  press(pressure: Pressure): Promise<Measured>;
  leave(): Promise<void>;
  stop(): void;
}

export function startLoad(): Load {
  const [command, ...args] = [...pinnedTo(LOAD_CORE), process.execPath, PROGRAM];
  const child = spawn(command as string, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  async function ask<T>(request: Request): Promise<T> {
    const answer = new Promise<{ ok?: T; error?: string }>((resolve, reject) => {
      const onExit = () => reject(new Error('the load generator ended'));
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        resolve(message as { ok?: T; error?: string });
      });
    });
    child.send(request);
    const { ok, error } = await answer;
    if (error !== undefined) throw new Error(`load generator: ${error}`);
    return ok as T;
  }
  return {
    prepare: (target, crowd) => ask({ do: 'prepare', target, crowd }),
    join: (joining) => ask({ do: 'join', joining }),
    async gather(target, crowd) {
      await ask({ do: 'prepare', target, crowd });
      return ask({ do: 'join', joining: { atOnce: JOINING_AT_ONCE } });
    },
    part: () => ask({ do: 'part' }),
    press: (pressure) => ask({ do: 'press', pressure }),
    leave: () => ask({ do: 'leave' }),
    stop: () => child.disconnect(),
  };
}
