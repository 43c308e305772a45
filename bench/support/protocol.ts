// What the benchmark asks of its load generator, and what it gets back. Types only.
import type { Latency } from './percentiles.ts';
import type { Protocol } from './raw-client.ts';

export interface Target {
  /** `parley` signs in and makes rooms over REST; `bare` takes any name. */
  kind: 'parley' | 'bare';
  protocol: Protocol;
  /** Members take turns at them, or with `apart` rooms do. */
  ports: number[];
  apart?: boolean;
  pids: number[];
}

export interface Crowd {
  rooms: number;
  membersPerRoom: number;
}

export interface Pressure {
  /** Members of each room that send, in turn. */
  publishersPerRoom: number;
  /** Messages of one publisher under way; the next goes when one has arrived at every member, or is acknowledged. */
  outstanding: number;
  until: 'delivered' | 'acked';
  /** Messages a second in all rooms together, instead of as fast as they arrive. */
  rate?: number | undefined;
  bodyBytes: number;
  warmUpSeconds: number;
  seconds: number;
}

export interface Joining {
  /** Joins under way at the same time. */
  atOnce: number;
  /** With the seq that was the room's last at the join before. */
  resume?: boolean;
}

export type Request =
  | { do: 'prepare'; target: Target; crowd: Crowd }
  | { do: 'join'; joining: Joining }
  | { do: 'press'; pressure: Pressure }
  | { do: 'part' }
  | { do: 'leave' };

export interface Joined {
  seconds: number;
  members: number;
  /** Joins that were refused as worth another try, and were tried again. */
  retries: number;
  /** From before the connection is opened until the join is answered. */
  answer: Latency | undefined;
  /** CPU seconds that the server spent on it, with what it set off: presence, `member_joined`. */
  serverCpu: number | undefined;
  loadBusy: number;
}

export interface Measured {
  seconds: number;
  deliveries: number;
  acks: number;
  refused: number;
  lost: number;
  serverCpu: number | undefined;
  delivery: Latency | undefined;
  ack: Latency | undefined;
  /** Share of the time in which the load generator had something to do; near 1, it was the limit. */
  loadBusy: number;
  /** Bytes of one message on the wire. */
  frameBytes: number;
}
