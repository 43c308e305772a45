// One WebSocket of the load generator, speaking just enough Socket.IO or Phoenix framing by hand to join, send and count.
// Must never parse JSON of what it only counts: a heavier client would measure itself.
import { connect, type Socket } from 'node:net';

export type Protocol = 'socketio' | 'phoenix';

export interface RawClientEvents {
  /** Broadcast messages in one read. */
  delivered(count: number): void;
  /** Bytes of one broadcast message; only when `sampled`. */
  sample?(payload: Buffer): void;
  acked(ref: number, ok: boolean): void;
  /** The connection ended although nobody asked for it. */
  lost(why: string): void;
}

const N = 0x6e;
const QUOTE = 0x22;
const ZERO_MASK = 4;
/** Reads are synchronous, so that all connections can share the buffer they are read into. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

export class RawClient {
  readonly protocol: Protocol;
  readonly room: string;
  readonly #socket: Socket;
  readonly #events: RawClientEvents;
  readonly #token: string;
  readonly #topic: string;
  /** Where the first letter of the event's name stands in a Phoenix broadcast. */
  readonly #eventAt: number;
  #carry: Buffer | undefined;
  #upgraded = false;
  #ref = 1;
  #closing = false;
  /** The join has been answered; from then on only the head of a frame matters. */
  #settled = false;
  readonly #afterSeq: number | undefined;
  #joined: ((answer: { lastSeq: number }) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(options: {
    port: number;
    protocol: Protocol;
    token: string;
    room: string;
    /** What was missed since then is answered with the join, instead of the newest. */
    afterSeq?: number | undefined;
    events: RawClientEvents;
  }) {
    this.#afterSeq = options.afterSeq;
    this.protocol = options.protocol;
    this.room = options.room;
    this.#events = options.events;
    this.#token = options.token;
    this.#topic = `room:${options.room}`;
    this.#eventAt = `[null,null,"${this.#topic}","`.length;
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      onread: {
        buffer: READ_BUFFER,
        callback: (bytes, buffer) => {
          this.#read(bytes, buffer as Buffer);
          return true;
        },
      },
    });
    this.#socket.setNoDelay(true);
    const path =
      options.protocol === 'phoenix'
        ? `/socket/websocket?vsn=2.0.0&token=${options.token}`
        : '/socket.io/?EIO=4&transport=websocket';
    this.#socket.once('connect', () =>
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      ),
    );
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('closed'));
  }

  /** Connects, signs in and joins the room. */
  join(): Promise<{ lastSeq: number }> {
    return new Promise((resolve, reject) => {
      this.#joined = resolve;
      this.#failed = reject;
    });
  }

  /** @returns the ref that its ack will carry */
  send(body: string): number {
    const ref = ++this.#ref;
    this.#write(
      this.protocol === 'phoenix'
        ? `["1","${ref}","${this.#topic}","send_message",{"body":"${body}"}]`
        : `42${ref}["send_message",{"roomId":"${this.room}","body":"${body}"}]`,
    );
    return ref;
  }

  /** Phoenix servers close what is silent for a minute; Socket.IO asks by itself. */
  heartbeat(): void {
    if (this.protocol === 'phoenix') this.#write('[null,"0","phoenix","heartbeat",{}]');
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  /** One masked text frame; a mask of zeros is a mask. */
  #write(text: string): void {
    const length = Buffer.byteLength(text);
    const header = length < 126 ? 2 : 4;
    const frame = Buffer.allocUnsafe(header + ZERO_MASK + length);
    frame[0] = 0x81;
    if (header === 2) {
      frame[1] = 0x80 | length;
    } else {
      frame[1] = 0x80 | 126;
      frame.writeUInt16BE(length, 2);
    }
    frame.fill(0, header, header + ZERO_MASK);
    frame.write(text, header + ZERO_MASK);
    this.#socket.write(frame);
  }

  #read(bytes: number, shared: Buffer): void {
    let data = shared;
    let end = bytes;
    if (this.#carry !== undefined) {
      data = Buffer.concat([this.#carry, shared.subarray(0, bytes)]);
      end = data.length;
      this.#carry = undefined;
    }
    let at = 0;
    if (!this.#upgraded) {
      at = this.#upgrade(data, end);
      if (at < 0) return;
    }
    let delivered = 0;
    while (end - at >= 2) {
      const short = (data[at + 1] as number) & 0x7f;
      let header = 2;
      let length = short;
      if (short === 126) {
        if (end - at < 4) break;
        length = ((data[at + 2] as number) << 8) | (data[at + 3] as number);
        header = 4;
      } else if (short === 127) {
        if (end - at < 10) break;
        length = Number(data.readBigUInt64BE(at + 2));
        header = 10;
      }
      const from = at + header;
      const to = from + length;
      if (to > end) break;
      if (this.#isMessage(data, at, from)) {
        delivered++;
        this.#events.sample?.(data.subarray(from, to));
      } else {
        this.#frame((data[at] as number) & 0x0f, data, from, to);
      }
      at = to;
    }
    if (at < end) this.#carry = Buffer.from(data.subarray(at, end));
    if (delivered > 0) this.#events.delivered(delivered);
  }

  /** @returns where frames begin, or -1 until the whole answer is here */
  #upgrade(data: Buffer, end: number): number {
    const headEnd = data.subarray(0, end).indexOf('\r\n\r\n');
    if (headEnd < 0) {
      this.#carry = Buffer.from(data.subarray(0, end));
      return -1;
    }
    if (!data.subarray(0, 16).toString('latin1').startsWith('HTTP/1.1 101')) {
      this.#lose(`not upgraded: ${data.subarray(0, Math.min(headEnd, 60)).toString('latin1')}`);
      return -1;
    }
    this.#upgraded = true;
    if (this.protocol === 'phoenix')
      this.#write(`["1","1","${this.#topic}","phx_join",${JSON.stringify({ afterSeq: this.#afterSeq })}]`);
    return headEnd + 4;
  }

  /** `new_message` of the room, told from everything else by three bytes. */
  #isMessage(data: Buffer, at: number, from: number): boolean {
    if (data[at] !== 0x81) return false;
    return this.protocol === 'phoenix'
      ? data[from + 1] === N && data[from + 6] === N && data[from + this.#eventAt] === N
      : data[from] === 0x34 && data[from + 1] === 0x32 && data[from + 3] === QUOTE && data[from + 4] === N;
  }

  #frame(opcode: number, data: Buffer, from: number, to: number): void {
    if (opcode === 8)
      return this.#lose(`closed with ${to - from >= 2 ? data.readUInt16BE(from) : 'no code'}`);
    if (opcode !== 1) return;
    const until = this.#settled ? Math.min(to, from + 250) : to;
    const head = data.subarray(from, until).toString('latin1');
    if (this.protocol === 'phoenix') return this.#phoenixFrame(head);
    if (head === '2') return this.#write('3');
    if (head.startsWith('0{')) return this.#write(`40${JSON.stringify({ token: this.#token })}`);
    if (head.startsWith('40'))
      return this.#write(
        `421["join_room",${JSON.stringify({ roomId: this.room, afterSeq: this.#afterSeq })}]`,
      );
    if (head.startsWith('44')) return this.#lose(head);
    if (head.startsWith('43'))
      this.#answer(Number.parseInt(head.slice(2), 10), head.includes('"ok":true'), head);
  }

  #phoenixFrame(head: string): void {
    const match = /^\["1","(\d+)",.*?,"phx_reply",\{"status":"(\w+)"/.exec(head);
    if (match !== null) this.#answer(Number(match[1]), match[2] === 'ok', head);
  }

  #answer(ref: number, ok: boolean, answer: string): void {
    if (ref !== 1) return this.#events.acked(ref, ok);
    this.#settled = true;
    if (ok) this.#joined?.({ lastSeq: Number(/"lastSeq":(\d+)/.exec(answer)?.[1] ?? 0) });
    else this.#failed?.(new Error(answer));
  }

  #lose(why: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#failed?.(new Error(why));
    this.#events.lost(why);
    this.#socket.destroy();
  }
}
