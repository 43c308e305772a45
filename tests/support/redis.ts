// A private redis-server for tests: random loopback port, random password, nothing kept on disk.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findBinary, freePort, keep, makeFolder, type Service, unprivilegedUser } from './service.ts';

const MISSING =
  'Left out: the suites that need Redis, because there is no redis-server on the PATH. ' +
  'To run them: apt-get install redis-server, or brew install redis.';

export async function startRedis(): Promise<Service | { missing: string }> {
  const command = findBinary('redis-server');
  if (command === undefined) return { missing: MISSING };
  const user = unprivilegedUser();
  const folder = makeFolder('redis', user);
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const settings = {
    bind: '127.0.0.1',
    port,
    requirepass: password,
    dir: folder,
    save: '""',
    appendonly: 'no',
    daemonize: 'no',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
  const file = join(folder, 'redis.conf');
  writeFileSync(file, lines.join('\n'), { mode: 0o644 });

  const keeper = await keep({ folder, command, args: [file], stopSignal: 'SIGTERM', user }, () =>
    answersPing(port),
  );
  return { url: `redis://:${password}@127.0.0.1:${port}`, port, ...keeper };
}

/** Any reply means that it serves: without the password Redis answers NOAUTH. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(/^[+-](PONG|NOAUTH)/.test(data.toString())));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
