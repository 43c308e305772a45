// Memory of another Node process after a collection, asked through its inspector.
import { WebSocket } from 'ws';

export interface Memory {
  /** KB, as the operating system counts. */
  rss: number;
  /** KB of live objects and buffers. */
  heap: number;
}

const LIMIT_MS = 30_000;

/** @param port of `--inspect` */
export async function memoryOf(port: number): Promise<Memory> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  if (target === undefined) throw new Error('the inspector names no target');
  const socket = new WebSocket(target.webSocketDebuggerUrl, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let id = 0;
  const ask = (method: string, params: object = {}) =>
    new Promise<{ result?: { value?: string } }>((resolve, reject) => {
      const mine = ++id;
      const timer = setTimeout(() => reject(new Error(`${method} took too long`)), LIMIT_MS);
      const hear = (data: Buffer) => {
        const said = JSON.parse(data.toString()) as { id?: number; result?: object };
        if (said.id !== mine) return;
        clearTimeout(timer);
        socket.off('message', hear);
        resolve(said.result as { result?: { value?: string } });
      };
      socket.on('message', hear);
      socket.send(JSON.stringify({ id: mine, method, params }));
    });
  try {
    // Twice: what the first one finalises is only gone after the second.
    for (let round = 0; round < 2; round++) await ask('HeapProfiler.collectGarbage');
    const { result } = await ask('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' });
    const used = JSON.parse(result?.value ?? '{}') as Record<string, number>;
    const kb = (name: string) => (used[name] ?? 0) / 1024;
    return { rss: kb('rss'), heap: kb('heapUsed') + kb('external') };
  } finally {
    socket.close();
  }
}
