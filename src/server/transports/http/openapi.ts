// The API described by itself: OpenAPI 3.1 from the operations, nothing written by hand.
import { z } from 'zod';
import type { EventDef, OperationDef } from '../../../core/contract.ts';
import { ERROR_CODES } from '../../../core/errors.ts';
import type { BoundOperation } from '../../../core/module.ts';

type Json = Record<string, unknown>;

/** JSON Schema of a zod type, draft 2020-12 as OpenAPI 3.1 wants it. */
export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  }) as Json;
  return rest;
};

export function openapi(
  operations: readonly BoundOperation[],
  events: EventDef[],
  info: { version: string; url: string },
): Json {
  const paths: Record<string, Json> = {};
  for (const { def } of operations) {
    if (def.rest === undefined) continue;
    const path = def.rest.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [def.rest.method]: operationObject(def) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: info.version,
      description: 'Realtime chat for rooms where people and AI agents work together.',
    },
    servers: [{ url: info.url }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM },
    },
    paths,
    'x-events': events.map((e) => ({
      type: e.type,
      summary: e.summary,
      kind: e.kind,
      audience: e.audience,
      payload: jsonSchema(e.payload, 'output'),
    })),
  };
}

function operationObject(def: OperationDef): Json {
  const input = jsonSchema(def.input, 'input') as { properties?: Record<string, Json>; required?: string[] };
  const rest = def.rest as NonNullable<OperationDef['rest']>;
  const inPath = new Set([...rest.path.matchAll(/:(\w+)/g)].map((m) => m[1] as string));
  const properties = Object.entries(input.properties ?? {});
  const others = properties.filter(([name]) => !inPath.has(name));
  const parameter =
    (where: 'path' | 'query') =>
    ([name, schema]: [string, Json]) => ({
      name,
      in: where,
      required: where === 'path' || (input.required ?? []).includes(name),
      schema,
    });
  const hasBody = rest.method !== 'get' && others.length > 0;
  return {
    operationId: def.name,
    tags: [def.tag],
    summary: def.summary,
    ...(def.description === undefined ? {} : { description: def.description }),
    'x-effect': def.effect,
    ...(def.socket === undefined ? {} : { 'x-socket': def.socket }),
    ...(def.rate === undefined ? {} : { 'x-rate-limit': def.rate }),
    ...(def.permission === 'public' ? { security: [] } : { security: [{ bearer: [] }] }),
    parameters: [
      ...properties.filter(([name]) => inPath.has(name)).map(parameter('path')),
      ...(hasBody ? [] : others.map(parameter('query'))),
    ],
    ...(hasBody
      ? {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  ...input,
                  properties: Object.fromEntries(others),
                  required: (input.required ?? []).filter((n) => !inPath.has(n)),
                },
              },
            },
          },
        }
      : {}),
    responses: {
      [String(rest.status ?? 200)]: {
        description: 'Done',
        content: { 'application/json': { schema: jsonSchema(def.output, 'output') } },
      },
      default: {
        description: 'Refused',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const PROBLEM: Json = {
  type: 'object',
  description: 'RFC 9457 problem details; socket errors carry the same object.',
  required: ['type', 'title', 'status', 'code', 'reason', 'detail', 'retryable', 'traceId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: Object.keys(ERROR_CODES) },
    reason: { type: 'string', description: 'Stable word for programs' },
    detail: { type: 'string', description: 'What happened and what to do next' },
    retryable: { type: 'boolean' },
    retryAfterMs: { type: 'integer' },
    until: { type: 'string', format: 'date-time' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
    traceId: { type: 'string' },
  },
};
