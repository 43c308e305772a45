// Preloaded into what run-node.mjs starts: when the parent is gone, even by SIGKILL, this process stops too.
// Must never keep the process alive, nor be inherited by what the process forks.
const GRACE_MS = 30_000;

if (process.channel) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
  });
  process.channel.unref();
}

const own = process.execArgv.indexOf(import.meta.url);
if (own > 0) process.execArgv.splice(own - 1, 2);
