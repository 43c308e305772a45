// Phoenix channels one frame at a time, over a bare WebSocket: for what phoenix.js would hide.
import { WebSocket } from 'ws';
import type { Answer } from './surfaces.ts';
import { createWatch } from './surfaces.ts';

export interface RawOptions {
  token?: string;
  /** Left out when null. */
  vsn?: string | null;
  protocols?: string[];
  headers?: Record<string, string>;
}

export interface RawSocket {
  ws: WebSocket;
  /** Frames in the order of arrival: texts parsed, binary ones as their Buffer. */
  frames: Answer[];
  /** Sends a text as it is, or anything else as JSON. */
  send(frame: unknown): void;
  /** The first frame not taken yet for which the test holds; takes it. */
  take(what: string, test: (frame: Answer) => boolean): Promise<Answer>;
  /** Takes the phx_reply with this ref, a V2 frame. */
  reply(ref: unknown): Promise<Answer>;
  closeCode(): Promise<number>;
  close(): Promise<void>;
}

const address = (url: string, { token, vsn = '2.0.0' }: RawOptions): string => {
  const query = new URLSearchParams({
    ...(token === undefined ? {} : { token }),
    ...(vsn === null ? {} : { vsn }),
  });
  return `${url.replace('http', 'ws')}/socket/websocket?${query}`;
};

const dial = (url: string, options: RawOptions): WebSocket =>
  new WebSocket(address(url, options), options.protocols ?? [], { headers: options.headers ?? {} });

/** The HTTP status with which an upgrade was refused; 101 when it was not. */
export function upgradeStatus(url: string, options: RawOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const ws = dial(url, options);
    ws.once('open', () => {
      ws.once('close', () => resolve(101));
      ws.close();
    });
    ws.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    ws.on('error', (error) =>
      /Unexpected server response|closed before/.test(error.message) ? undefined : reject(error),
    );
  });
}

export async function openRaw(url: string, options: RawOptions): Promise<RawSocket> {
  const ws = dial(url, options);
  const frames: Answer[] = [];
  const taken = new Set<Answer>();
  const watch = createWatch();
  let code: number | undefined;
  ws.on('message', (data, isBinary) => {
    frames.push(isBinary ? data : JSON.parse(String(data)));
    watch.look();
  });
  ws.on('close', (closed) => {
    code = closed;
    watch.look();
  });
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
  });
  ws.on('error', () => {});
  const take: RawSocket['take'] = async (what, test) => {
    const find = () => frames.find((frame) => !taken.has(frame) && test(frame));
    await watch.until(what, () => find() !== undefined);
    const frame = find();
    taken.add(frame);
    return frame;
  };
  const closeCode = async (): Promise<number> => {
    await watch.until('the end of the connection', () => code !== undefined);
    return code as number;
  };
  return {
    ws,
    frames,
    send: (frame) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    take,
    reply: (ref) =>
      take(
        `a reply to ${JSON.stringify(ref)}`,
        (f) => f[3] === 'phx_reply' && JSON.stringify(f[1]) === JSON.stringify(ref),
      ),
    closeCode,
    async close() {
      ws.close();
      await closeCode();
    },
  };
}
