// Whether what an agent says would be taken in its room at all. Pure, by the same decision that the room makes about a message.
import { decideRight } from '../../server/rooms/service.ts';
import type { RoomAgent } from './heard-repository.ts';

export function silencedBy(agent: RoomAgent): 'muted' | 'may_not_send' | undefined {
  const verdict = decideRight('message.send', {
    row: { kind: agent.roomKind, visibility: agent.visibility, rights: agent.rights },
    userId: agent.agentId,
    role: agent.roomRole ?? 'member',
    admin: false,
    mutedUntil: agent.mutedUntil,
  });
  if (verdict.allowed) return undefined;
  return verdict.reason === 'muted' ? 'muted' : 'may_not_send';
}
