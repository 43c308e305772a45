// The wire of the audit: what was done that somebody may have to answer for, and whether the record of it is whole.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../identity/contract.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'is 64 hexadecimal digits');
const Seq = z.coerce.number().int().min(1);

export const AuditEntry = z.object({
  /** Place in the chain of the tenant, from 1 without a gap. */
  seq: z.number().int(),
  id: Id,
  at: Timestamp,
  /** What happened to what: `key.created`, `agent.updated`, `tool.called`. */
  action: z.string(),
  /** Absent where nobody did it, as when something ran out. */
  actorId: Id.optional(),
  /** The surface: `rest`, `socketio`, `phoenix`, `mcp`, `agent`, `internal`. */
  via: z.string().optional(),
  subject: z.object({ type: z.string(), id: z.string() }),
  agentId: Id.optional(),
  roomId: Id.optional(),
  details: z.record(z.string(), z.unknown()),
  /** Of the entry before; empty for the first. */
  previousHash: z.string(),
  hash: Hash,
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditVerdict = z.object({
  /** Nothing that was looked at is changed, missing or put in. */
  ok: z.boolean(),
  checked: z.number().int(),
  fromSeq: z.number().int(),
  /** The last entry looked at; 0 when there is none. */
  toSeq: z.number().int(),
  /** False when there is more: go on with `fromSeq` = `toSeq` + 1. */
  complete: z.boolean(),
  /** The newest entry. Keep it elsewhere: with it, a record that was written anew as a whole is found too. */
  head: z.object({ seq: z.number().int(), hash: z.string() }),
  /** The first of them, in order. */
  problems: z.array(z.object({ seq: z.number().int(), problem: z.string() })),
});
export type AuditVerdict = z.infer<typeof AuditVerdict>;

const tag = 'Audit';

export const listAudit = defineOperation({
  name: 'audit.list',
  summary:
    'The record of what was done, newest first: administrators see all, others what concerns agents of theirs',
  tag,
  rest: { method: 'get', path: '/api/audit' },
  socket: 'list_audit',
  input: z.object({
    ...Page,
    /** One action, or a family such as `agent.*`. */
    action: z
      .string()
      .max(64)
      .regex(/^[a-z_]+(\.[a-z_]+|\.\*)?$/, 'is an action such as key.created, or a family such as key.*')
      .optional(),
    actorId: Id.optional(),
    agentId: Id.optional(),
  }),
  output: z.object({ data: z.array(AuditEntry), nextCursor: z.string().optional() }),
  permission: 'signed_in',
  effect: 'read',
});

export const verifyAudit = defineOperation({
  name: 'audit.verify',
  summary: 'Whether the record is whole: no entry changed, removed or put in (administrators)',
  description:
    'Recomputes the chain of hashes, up to 20000 entries at a time. With `knownSeq` and `knownHash`, a head that was noted earlier, also whether the record is still the same one.',
  tag,
  rest: { method: 'get', path: '/api/audit/verify' },
  socket: 'verify_audit',
  input: z
    .object({ fromSeq: Seq.default(1), knownSeq: Seq.optional(), knownHash: Hash.optional() })
    .refine(({ knownSeq, knownHash }) => (knownSeq === undefined) === (knownHash === undefined), {
      path: ['knownHash'],
      message: 'goes together with knownSeq',
    }),
  output: AuditVerdict,
  permission: 'admin',
  effect: 'read',
  rate: { bucket: 'audit.verify', points: 60, seconds: 60 },
});
