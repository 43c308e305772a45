// Decides about one tool call: allowed, to be asked about, or refused, as what the agent AND the asker AND the readers may.
// Pure: facts in, decision with its reasons out. Must never read a clock or a database, and denies what it was not told.
import type { ToolEffect } from '../tool.ts';
import { firstMisfit } from './arguments.ts';
import type { DecisionCheck, GrantLimits, ToolDecision } from './contract.ts';
import { isWithinHours } from './hours.ts';

export interface GrantFacts extends GrantLimits {
  id: string;
  approval: 'by_effect' | 'always' | 'never';
  expiresAt: Date | null;
  /** Calls of this tool by this agent within the grant's own span; only asked for where there is a rate. */
  recentCalls: number;
}

export interface CallFacts {
  tool: { name: string; effect: ToolEffect; permissions: readonly string[]; audience: 'room' | 'asker' };
  args: unknown;
  now: Date;
  agent: {
    id: string;
    ownerId: string | null;
    active: boolean;
    /** The tool is among those of its profile. */
    enabled: boolean;
    inRoom: boolean;
  };
  grants: readonly GrantFacts[];
  asker: {
    id: string;
    kind: 'human' | 'agent';
    active: boolean;
    /** Administrator of the server. */
    admin: boolean;
    /** Role in the room; undefined for who is not in it. */
    roomRole: 'owner' | 'admin' | 'member' | undefined;
  };
  room: {
    id: string;
    /** Members who would read the answer, besides the agent and the asker. */
    otherReaders: number;
  };
}

const OUTSIDE: ReadonlySet<ToolEffect> = new Set(['write_external', 'irreversible']);

export function decide(facts: CallFacts): ToolDecision {
  const { tool, agent, asker, room } = facts;
  const checks: DecisionCheck[] = [];
  const refuse = (reason: string, explanation: string): ToolDecision => ({
    ruling: 'refuse',
    reason,
    explanation,
    checks,
  });
  const must = (check: string, ok: boolean, detail: string): boolean => {
    checks.push({ check, ok, detail });
    return ok;
  };

  if (!must('agent_active', agent.active, agent.active ? 'The agent is active.' : 'The agent is not active.'))
    return refuse('agent_inactive', 'The agent is switched off.');
  if (!must('tool_enabled', agent.enabled, `${tool.name} is ${agent.enabled ? '' : 'not '}enabled.`))
    return refuse('not_granted', `The tool ${tool.name} is not enabled for you.`);
  if (!must('agent_in_room', agent.inRoom, 'The agent must be a member of the room.'))
    return refuse('agent_not_in_room', 'You are not a member of this room any more.');

  if (!must('asker_active', asker.active, 'Who asks must have an account that is not suspended.'))
    return refuse('asker_inactive', 'The one who asked may not use this server any more.');
  if (!must('asker_in_room', asker.roomRole !== undefined, 'Who asks must be a member of the room.'))
    return refuse('asker_not_in_room', 'The one who asked is not a member of this room any more.');
  for (const permission of tool.permissions)
    if (
      !must(`asker_is_${permission}`, hasPermission(facts, permission), `${tool.name} needs ${permission}.`)
    )
      return refuse(
        'asker_lacks_permission',
        `The tool ${tool.name} is only used at the word of someone with the permission "${permission}". Say so.`,
      );

  const alone = tool.audience === 'room' || room.otherReaders === 0;
  if (!must('audience', alone, `${room.otherReaders} others would read the answer.`))
    return refuse(
      'audience_too_wide',
      `What ${tool.name} finds is for the asker alone, and others would read it here. Offer to answer in a direct room.`,
    );

  if (facts.grants.length === 0) return byApproval(facts, undefined, checks);
  const failed: { reason: string; explanation: string }[] = [];
  const fitting: ToolDecision[] = [];
  for (const grant of facts.grants) {
    const misfit = misfitOf(grant, facts);
    checks.push({
      check: `grant:${grant.id}`,
      ok: misfit === undefined,
      detail: misfit?.explanation ?? 'It fits the call.',
    });
    if (misfit === undefined) fitting.push(byApproval(facts, grant, checks));
    else failed.push(misfit);
  }
  const best = fitting.find(({ ruling }) => ruling === 'allow') ?? fitting[0];
  const why = failed[0];
  return best ?? refuse(why?.reason ?? 'not_granted', why?.explanation ?? 'No grant fits this call.');
}

function hasPermission({ asker, agent }: CallFacts, permission: string): boolean {
  const isOwner = asker.admin || (agent.ownerId !== null && agent.ownerId === asker.id);
  if (permission === 'admin') return asker.admin;
  if (permission === 'agent_owner') return isOwner;
  if (permission === 'room_admin')
    return asker.admin || asker.roomRole === 'owner' || asker.roomRole === 'admin';
  // What nobody knows nobody has.
  return false;
}

/** Why a grant does not cover a call; undefined when it does. */
function misfitOf(grant: GrantFacts, facts: CallFacts): { reason: string; explanation: string } | undefined {
  const { asker, room, now, tool } = facts;
  const no = (reason: string, explanation: string) => ({ reason, explanation });
  if (grant.expiresAt !== null && grant.expiresAt.getTime() <= now.getTime())
    return no('grant_expired', `The permission to use ${tool.name} has ended.`);
  if (grant.rooms !== undefined && !grant.rooms.includes(room.id))
    return no('room_not_granted', `${tool.name} may not be used in this room.`);
  const { users, role } = grant.requesters ?? {};
  if (users !== undefined && !users.includes(asker.id))
    return no('requester_not_granted', `${tool.name} may not be used at the word of this person.`);
  if (role !== undefined && role !== 'anyone') {
    const permission = role === 'owner' ? 'agent_owner' : role;
    if (!hasPermission(facts, permission))
      return no('requester_not_granted', `${tool.name} is only used at the word of: ${role}.`);
  }
  if (grant.hours !== undefined && !isWithinHours(grant.hours, now))
    return no(
      'outside_hours',
      `${tool.name} may be used from ${grant.hours.from} to ${grant.hours.to} (${grant.hours.timeZone}).`,
    );
  const misfit = firstMisfit(grant.arguments ?? {}, facts.args);
  if (misfit !== undefined) return no('argument_not_granted', misfit);
  if (grant.rate !== undefined && grant.recentCalls >= grant.rate.calls)
    return no(
      'rate_limited',
      `${tool.name} may be used ${grant.rate.calls} times in ${grant.rate.seconds} s, and was. Try later.`,
    );
  return undefined;
}

/** Whether a person must agree to a call that is otherwise allowed. */
function byApproval(
  { tool, asker }: CallFacts,
  grant: GrantFacts | undefined,
  checks: DecisionCheck[],
): ToolDecision {
  const outside = OUTSIDE.has(tool.effect);
  const narrowed = Object.keys(grant?.arguments ?? {}).length > 0;
  const ask = (detail: string): ToolDecision => {
    checks.push({ check: 'approval', ok: false, detail });
    const found = { reason: 'needs_approval', explanation: detail, checks };
    return { ruling: 'ask', ...found, ...(grant === undefined ? {} : { grantId: grant.id }) };
  };
  if (grant?.approval === 'always') return ask(`A person must agree to every call of ${tool.name}.`);
  if (tool.effect === 'irreversible') return ask(`What ${tool.name} does cannot be undone.`);
  const waived = grant?.approval === 'never' && narrowed && asker.kind === 'human';
  if (outside && !waived) return ask(`${tool.name} acts outside of this server.`);
  checks.push({ check: 'approval', ok: true, detail: 'No person has to agree.' });
  return {
    ruling: 'allow',
    reason: grant === undefined ? 'enabled' : 'granted',
    explanation: grant === undefined ? `${tool.name} is enabled.` : `A grant of ${tool.name} fits.`,
    ...(grant === undefined ? {} : { grantId: grant.id }),
    checks,
  };
}
