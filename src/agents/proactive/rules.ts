// May an agent speak first in a room now? Pure and deterministic, with a reason for every silence. Must never look anything up.
import { isWithinHours } from '../../tools/service.ts';
import type { ProactiveSettings } from './contract.ts';

export interface PlaceFacts {
  roomId: string;
  agentsAllowed: boolean;
  agentsProactive: 'never' | 'by_invitation' | 'always';
  /** An owner or admin of the room brought the agent, or a person opened this direct room with it. */
  invitedByAdmin: boolean;
  isActive: boolean;
  suspended: boolean;
  stopped: boolean;
}

export interface MomentFacts {
  now: Date;
  /** When somebody last said something here. */
  lastSaidAt: Date | undefined;
  /** An agent is at work in the room. */
  atWork: boolean;
  /** Messages it began here today, those under way included. */
  today: number;
  /** Agents have said as much since a person spoke as they may. */
  chainFull: boolean;
}

export type OpeningSilence =
  | 'emergency_stop'
  | 'agent_suspended'
  | 'agent_inactive'
  | 'room_disallows_agents'
  | 'switched_off'
  | 'room_forbids'
  | 'not_invited_by_admin'
  | 'room_not_chosen'
  | 'quiet_hours'
  | 'chain_limit'
  | 'quota'
  | 'room_busy';

const MINUTE_MS = 60_000;

/** Whether an agent keeps silent at this time unless it is addressed. */
export const inQuietHours = ({ quietHours }: Pick<ProactiveSettings, 'quietHours'>, now: Date): boolean =>
  quietHours !== null &&
  isWithinHours({ from: quietHours.start, to: quietHours.end, timeZone: quietHours.timeZone }, now);

/** What stands in the way for as long as nobody changes it. */
export function placeForbids(settings: ProactiveSettings, place: PlaceFacts): OpeningSilence | undefined {
  if (place.stopped) return 'emergency_stop';
  if (place.suspended) return 'agent_suspended';
  if (!place.isActive) return 'agent_inactive';
  if (!settings.enabled) return 'switched_off';
  if (!place.agentsAllowed) return 'room_disallows_agents';
  if (place.agentsProactive === 'never') return 'room_forbids';
  if (place.agentsProactive === 'by_invitation' && !place.invitedByAdmin) return 'not_invited_by_admin';
  if (settings.rooms !== null && !settings.rooms.includes(place.roomId)) return 'room_not_chosen';
  return undefined;
}

/** Why it may not speak at this moment; undefined when it may. */
export function decideOpening(
  settings: ProactiveSettings,
  place: PlaceFacts,
  moment: MomentFacts,
): OpeningSilence | undefined {
  const forbidden = placeForbids(settings, place);
  if (forbidden !== undefined) return forbidden;
  if (inQuietHours(settings, moment.now)) return 'quiet_hours';
  if (moment.chainFull) return 'chain_limit';
  if (moment.today >= settings.perDay) return 'quota';
  const { lastSaidAt, now } = moment;
  const silentMs = lastSaidAt === undefined ? Number.POSITIVE_INFINITY : now.getTime() - lastSaidAt.getTime();
  if (moment.atWork || silentMs < settings.minSilenceMinutes * MINUTE_MS) return 'room_busy';
  return undefined;
}

/** The day it is for the agent, as 2026-11-21. */
export function dayOf({ quietHours }: Pick<ProactiveSettings, 'quietHours'>, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: quietHours?.timeZone ?? 'UTC',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(at);
}
