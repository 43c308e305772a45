// The declaration by which a module is served: operations, topics, events and jobs, as data.
// Transports and the composition root read it; a module never meets a transport.

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { EventDef, HttpMethod, OperationDef, RateRule } from './contract.ts';
import type { AnyJobDef } from './jobs.ts';
import type { Scope } from './scope.ts';

/** An operation with its handler. */
export interface BoundOperation {
  def: OperationDef;
  handle(scope: Scope, input: never): Promise<unknown> | unknown;
}

/** Binds a handler to its definition, checked against both schemas' types. */
export function handle<I extends z.ZodType, O extends z.ZodType>(
  def: OperationDef<I, O>,
  handler: (scope: Scope, input: z.output<I>) => Promise<z.input<O>> | z.input<O>,
): BoundOperation {
  return { def: def as unknown as OperationDef, handle: handler as BoundOperation['handle'] };
}

/** One socket's place in a topic, as a module sees it. */
export interface Seat {
  /** Unique per connection and join; presence is kept by it. */
  id: string;
  scope: Scope;
  /** Sends an event to this seat alone. */
  push(type: string, payload: object): void;
  /** The same for a payload that is serialised already. */
  pushJson(type: string, json: string): void;
}

export interface Joined {
  /** What the join answers. */
  reply: object;
  /** The same, serialised, where that is cheaper done by the topic. */
  json?: string;
  /** Log entries above this `seq` go live to the seat; undefined for topics without a log. */
  liveAfter?: number;
  /** Where the client said it had come to, and the entries that the reply brings. */
  afterSeq?: number;
  brought?: { from: number; to: number };
}

/** A family of topics such as `room:*`. */
export interface TopicDef {
  prefix: string;
  /**
   * Checks the right to join and finds the canonical topic (`room:<uuid>`) that the bus uses.
   * @throws AppError not_found for anything the caller may not know of
   */
  resolve(scope: Scope, key: string): Promise<{ topic: string; roomId?: string }>;
  /** Reads what the seat missed. Called when live entries are already being kept for it. */
  join(seat: Seat, topic: string, input: unknown): Promise<Joined>;
  /** After the reply was written: the first pushes, presence. */
  joined?(seat: Seat, topic: string): void;
  /** Exactly once for every join that answered. @param abrupt the connection broke: its user may be back in a moment */
  left?(seat: Seat, topic: string, abrupt: boolean): void;
  /** Changes what others see of a seat. */
  updatePresence?(seat: Seat, topic: string, meta: object): void;
  /** Entries of the topic's log with afterSeq < seq ≤ upTo, to heal a gap. */
  readLog?(topic: string, afterSeq: number, upTo: number): Promise<import('./bus.ts').LogEntry[]>;
}

export type RawAnswer = { status: number; headers?: Record<string, string> } & (
  | { body: object }
  | { text: string; type: 'html' | 'js' }
);

/**
 * A route outside the operations, for callers whose form is not ours, such as a provider's webhooks or a browser that is sent
 * back: the body comes as it was sent, so that its signature can be checked. Nobody is signed in.
 */
export interface RawRoute {
  method: HttpMethod;
  path: string;
  summary: string;
  maxBytes: number;
  /** @throws AppError, answered as everywhere */
  handle(request: {
    headers: IncomingHttpHeaders;
    /** What is given once. */
    query: Record<string, string>;
    rawBody: Buffer;
  }): Promise<RawAnswer>;
}

/** What a streamed route answers; a stream is destroyed when its reader goes away. */
export interface StreamAnswer {
  status: number;
  headers: Record<string, string>;
  body?: Readable | object;
}

/** A route outside the operations whose body or answer is too long to be one value, such as a file. */
export interface StreamRoute {
  /** As an operation is named: what a key must cover. */
  name: string;
  method: HttpMethod;
  path: string;
  summary: string;
  /** `address`: whoever has the address, which says itself what it allows. */
  permission: 'signed_in' | 'address';
  rate?: RateRule;
  /** @throws AppError, answered as everywhere */
  handle(request: {
    /** Undefined where nobody need be signed in. */
    scope: Scope | undefined;
    params: Record<string, string>;
    query: Record<string, unknown>;
    headers: IncomingHttpHeaders;
    body: Readable;
    /** Aborted when the caller goes away. */
    signal: AbortSignal;
  }): Promise<StreamAnswer>;
}

export interface Module {
  name: string;
  operations: BoundOperation[];
  rawRoutes?: RawRoute[];
  streamRoutes?: StreamRoute[];
  events?: EventDef[];
  topics?: TopicDef[];
  jobs?: AnyJobDef[];
  /** Started in order after migration, stopped in reverse. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
}
