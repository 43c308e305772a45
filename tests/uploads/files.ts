// Files for tests: small ones of a known kind, and the way of their bytes to the server.
import { deflateSync } from 'node:zlib';
import type { SignedIn, TestApp } from '../support/app.ts';
import type { Answer, Caller } from '../support/clients.ts';

/** A PNG of this size, followed by as many bytes as are wanted; viewers ignore what follows. */
export function png(width: number, height: number, bytes = 200): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const image = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(width < 100 ? height * (width + 1) : 1))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return Buffer.concat([image, Buffer.alloc(Math.max(0, bytes - image.length), 7)]);
}

/** Sends bytes to an upload, from an offset on. Never throws for a refusal. */
export async function sendBytes(
  app: TestApp,
  who: SignedIn,
  uploadId: string,
  bytes: Uint8Array,
  offset?: number,
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${app.url}/api/uploads/${uploadId}/content`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${who.token}`,
      connection: 'close',
      'content-type': 'application/octet-stream',
      ...(offset === undefined ? {} : { 'upload-offset': String(offset) }),
    },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, body: await response.json() };
}

/** A whole upload. @returns its id */
export async function upload(
  app: TestApp,
  who: SignedIn,
  by: Caller,
  name: string,
  bytes: Uint8Array,
): Promise<string> {
  const { id } = await by.call('create_upload', { name, bytes: bytes.length });
  const sent = await sendBytes(app, who, id, bytes);
  if (sent.status !== 200) throw new Error(`${name} could not be sent: ${JSON.stringify(sent.body)}`);
  return id;
}

/** What the address of a file answers. */
export async function download(
  app: TestApp,
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const response = await fetch(`${app.url}${url}`, { headers: { connection: 'close', ...headers } });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}
