// Bytes of server-to-client WebSocket frames, made once and shared by every member of a room.
// Must never be used on a connection with compression: frames are written as they are.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

const OPCODE_TEXT = 0x81;
const OPCODE_BINARY = 0x82;

/** Bytes a socket may have queued before its client counts as not reading. */
export const MAX_QUEUED_BYTES = 1024 * 1024;

/** One unmasked text frame per text, joined (RFC 6455 §5.2). */
export function textFrames(texts: string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const total = lengths.reduce((sum, length) => sum + length + headerLength(length), 0);
  const buffer = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [i, text] of texts.entries()) {
    const length = lengths[i] as number;
    buffer[at++] = OPCODE_TEXT;
    if (length < 126) {
      buffer[at++] = length;
    } else if (length < 65536) {
      buffer[at++] = 126;
      at = buffer.writeUInt16BE(length, at);
    } else {
      buffer[at++] = 127;
      at = buffer.writeUInt32BE(Math.floor(length / 2 ** 32), at);
      at = buffer.writeUInt32BE(length >>> 0, at);
    }
    at += buffer.write(text, at);
  }
  return buffer;
}

/** Writes so that everything this connection is sent in one turn of the loop leaves in one system call. */
export function writeJoined(tcp: Socket, bytes: Buffer): void {
  joinWrites(tcp);
  tcp.write(bytes);
}

/** Holds back what is written to the connection until the turn ends. */
export function joinWrites(tcp: Socket): void {
  if (tcp.writableCorked > 0) return;
  tcp.cork();
  process.nextTick(uncork, tcp);
}

const uncork = (tcp: Socket): void => tcp.uncork();

/** One unmasked binary frame. */
export function binaryFrame(data: Buffer): Buffer {
  const header = Buffer.alloc(headerLength(data.length));
  header[0] = OPCODE_BINARY;
  if (data.length < 126) header[1] = data.length;
  else if (data.length < 65536) {
    header[1] = 126;
    header.writeUInt16BE(data.length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(data.length), 2);
  }
  return Buffer.concat([header, data]);
}

const headerLength = (length: number): number => (length < 126 ? 2 : length < 65536 ? 4 : 10);

/** The TCP socket under a WebSocket; undefined once closed. */
export const tcpOf = (ws: WebSocket): Socket | undefined =>
  (ws as unknown as { _socket?: Socket | null })._socket ?? undefined;
