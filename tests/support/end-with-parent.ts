// Loaded into a server process before its program: ends it when the IPC channel to whoever started it closes, however that
// one ended. Must never keep the process alive, nor be loaded by anything but tests, benches and scripts.
import { isMainThread } from 'node:worker_threads';

const end = () => process.kill(process.pid, 'SIGKILL');

// Worker threads load it as well, and have no channel.
if (isMainThread && process.send !== undefined) {
  if (!process.connected) end();
  process.once('disconnect', end);
  process.channel?.unref();
}
