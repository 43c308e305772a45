// The load generator as the benchmark sees it: a child process on a core of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pinnedTo } from './cpu.ts';
import type { Crowd, Gathered, Measured, Pressure, Request, Target } from './protocol.ts';

const PROGRAM = fileURLToPath(new URL('./load-process.ts', import.meta.url));
/** The server has core 0. */
export const LOAD_CORE = 1;

export interface Load {
  gather(target: Target, crowd: Crowd): Promise<Gathered>;
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
    gather: (target, crowd) => ask({ do: 'gather', target, crowd }),
    press: (pressure) => ask({ do: 'press', pressure }),
    leave: () => ask({ do: 'leave' }),
    stop: () => child.disconnect(),
  };
}
