// Calls operations: the same checks in the same order whichever surface asks.
// Must never be bypassed by a transport or an agent.
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import { beginCall } from './db/deadline.ts';
import { AppError, type FieldError } from './errors.ts';
import { assertSafeJson } from './json.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { BoundOperation } from './module.ts';
import type { Scope } from './scope.ts';
import type { Tracer } from './tracing.ts';

export interface Operations {
  readonly list: readonly BoundOperation[];
  bySocket(name: string): BoundOperation | undefined;
  byName(name: string): BoundOperation | undefined;
  /**
   * Checks and runs one call: JSON safety, schema, sign-in, rate, handler.
   * @param scope undefined when nobody is signed in
   * @throws AppError
   */
  call(operation: BoundOperation, scope: Scope | undefined, input: unknown, caller: Caller): Promise<unknown>;
}

export interface Caller {
  surface: Scope['via'];
  /** Key for limits when nobody is signed in: the peer's address. */
  address: string;
}

export function createOperations(
  list: BoundOperation[],
  deps: { clock: Clock; limits: Limits; metrics: Metrics; tracer: Tracer },
): Operations {
  const bySocket = new Map<string, BoundOperation>();
  const byName = new Map<string, BoundOperation>();
  const routes = new Set<string>();
  for (const operation of list) {
    const { name, socket, rest } = operation.def;
    if (byName.has(name)) throw new Error(`Two operations are named ${name}; rename one.`);
    byName.set(name, operation);
    if (socket !== undefined) {
      if (bySocket.has(socket)) throw new Error(`Two operations have the socket name ${socket}; rename one.`);
      bySocket.set(socket, operation);
    }
    if (rest !== undefined) {
      const route = `${rest.method} ${rest.path}`;
      if (routes.has(route)) throw new Error(`Two operations have the route ${route}; change one.`);
      routes.add(route);
    }
  }
  return {
    list,
    bySocket: (name) => bySocket.get(name),
    byName: (name) => byName.get(name),
    call(operation, scope, input, caller) {
      const { def } = operation;
      const attributes = { 'parley.operation': def.name, 'parley.surface': caller.surface };
      return deps.tracer.withSpan(def.name, attributes, () => run(operation, scope, input, caller));
    },
  };

  async function run(
    operation: BoundOperation,
    scope: Scope | undefined,
    input: unknown,
    caller: Caller,
  ): Promise<unknown> {
    const { def } = operation;
    const started = deps.clock.elapsed();
    const time = beginCall();
    let outcome = 'ok';
    try {
      if (def.permission !== 'public') {
        requireScope(scope, def.permission);
        requireAllowed(scope as Scope, def.name);
      }
      if (def.rate !== undefined) deps.limits.take(def.rate, scope?.user.id ?? caller.address);
      const parsed = parseInput(def.input, input);
      return await time.run(() => operation.handle(scope as Scope, parsed as never));
    } catch (error) {
      outcome = error instanceof AppError ? error.code : 'internal';
      throw error;
    } finally {
      time.over();
      deps.metrics.operationSeconds.observe(
        { operation: def.name, surface: caller.surface, outcome },
        (deps.clock.elapsed() - started) / 1000,
      );
    }
  }
}

function requireScope(scope: Scope | undefined, permission: 'signed_in' | 'admin'): void {
  if (scope === undefined) {
    throw new AppError(
      'unauthorized',
      'missing_token',
      'Sign in first and send the token as "Authorization: Bearer …".',
    );
  }
  if (permission === 'admin' && scope.role !== 'admin') {
    throw new AppError('forbidden', 'admin_only', 'Only an administrator may do this; ask one.');
  }
}

/** What a key was not given it may not call, whatever its user may. @throws AppError forbidden `key_scope` */
export function requireAllowed(scope: Scope, operation: string): void {
  if (scope.allows === undefined || scope.allows(operation)) return;
  const family = `${operation.slice(0, operation.indexOf('.'))}.*`;
  throw new AppError(
    'forbidden',
    'key_scope',
    `This key lacks the scope "${operation}"; use a key that has it, or "${family}".`,
  );
}

/** @throws AppError invalid with one entry per offending field */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const value = input ?? {};
  assertSafeJson(value);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors: FieldError[] = result.error.issues.slice(0, 20).map((issue) => ({
    path: issue.path.join('.'),
    message: issue.message,
  }));
  const first = errors[0];
  throw new AppError(
    'invalid',
    'invalid_input',
    first === undefined
      ? 'The input is not valid.'
      : `${first.path === '' ? 'Input' : first.path}: ${first.message}`,
    { errors },
  );
}
