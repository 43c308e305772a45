// The language in which every module states its wire: operations and events as data.
// Browser-safe: the SDK imports types through contract.ts files. Must never hold logic that needs a server.
import type { z } from 'zod';

/** What calling an operation does to the world; agents need approval for what cannot be undone. */
export type Effect = 'read' | 'reversible' | 'irreversible';

/** Who may call at all. Finer rights (membership, ownership) are checked by the service. */
export type Permission = 'public' | 'signed_in' | 'admin';

export type HttpMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A token bucket shared by all operations that name it: `points` calls every `seconds`. */
export interface RateRule {
  bucket: string;
  points: number;
  seconds: number;
  /** Counted on each node alone: the key means nothing to others. */
  perNode?: true;
}

export interface OperationDef<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** Dotted, plural noun first: `messages.send`. */
  name: string;
  summary: string;
  description?: string;
  /** Groups the API reference. */
  tag: string;
  rest?: {
    method: HttpMethod;
    path: string;
    status?: number;
    /** A cookie that goes with the answer, for what must come back in the same browser. */
    cookie?: (output: never) => string;
  };
  /** Event name on Socket.IO and push name on Phoenix channels. */
  socket?: string;
  input: I;
  output: O;
  permission: Permission;
  effect: Effect;
  rate?: RateRule;
  /** Present when agents and MCP clients may be offered the operation as a tool. */
  tool?: { description: string };
}

export type InputOf<D> = D extends OperationDef<infer I, z.ZodType> ? z.output<I> : never;
export type WireInputOf<D> = D extends OperationDef<infer I, z.ZodType> ? z.input<I> : never;
export type OutputOf<D> = D extends OperationDef<z.ZodType, infer O> ? z.output<O> : never;

/** Declares an operation. Served on every surface by adding it to a module's list. */
export function defineOperation<I extends z.ZodType, O extends z.ZodType>(
  def: OperationDef<I, O>,
): OperationDef<I, O> {
  return def;
}

export interface EventDef<P extends z.ZodType = z.ZodType> {
  /** The name clients see: `new_message`. */
  type: string;
  summary: string;
  /** `log`: durable, has a `seq`. `signal`: may be lost, has none. */
  kind: 'log' | 'signal';
  audience: 'room' | 'user' | 'agent';
  payload: P;
  /** What Phoenix channel clients get instead of the payload, where their convention differs. */
  phoenixPayload?: (payload: never) => object;
}

/** Declares an event that clients receive. */
export function defineEvent<P extends z.ZodType>(def: EventDef<P>): EventDef<P> {
  return def;
}
