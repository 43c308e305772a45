// The commands of who moderates a room: /mute, /unmute, /kick, /ban, /slow. Each is the operation of the same name, as its caller.
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { User } from '../identity/contract.ts';
import { canInRoom } from '../rooms/service.ts';
import {
  type Builtin,
  type BuiltinDeps,
  option,
  type Place,
  privately,
  secondsOf,
  whoIn,
} from './builtins.ts';

const TIME = '(?:\\d{1,5}[smhdw])+';
/** `@bob 10m because of this`, `@bob for 10m because`, `@bob because`. */
const WITH_TIME = new RegExp(`^(\\S+)(?:\\s+(?:for\\s+)?(${TIME})(?=\\s|$))?(?:\\s+([\\s\\S]+))?$`, 'i');
const NAMED = /(?:^|\s)(?:user|for|reason)=/;

const user = option({ name: 'user', type: 'user', required: true });
const reason = option({ name: 'reason', type: 'string', max: 500 });
const duration = option({
  name: 'for',
  type: 'string',
  description: 'such as 10m or 1d; without it, for good',
});

/** Finds the time that may stand before the reason. */
function tidy(rest: string): string {
  const found = NAMED.test(rest) ? null : WITH_TIME.exec(rest);
  if (found === null) return rest;
  const [, whom, time, why] = found;
  const quoted = why === undefined ? '' : ` reason="${why.replace(/["\\]/g, '\\$&')}"`;
  return `${whom}${time === undefined ? '' : ` for=${time.toLowerCase()}`}${quoted}`;
}

const offered = (scope: Scope, place: Place): boolean =>
  place.kind !== 'direct' && canInRoom('moderation.act', whoIn(scope, place));

export function createModerating({ clock, operate }: Pick<BuiltinDeps, 'clock' | 'operate'>): Builtin[] {
  const untilOf = ({ for: time }: { for?: unknown }, from: Pick<Clock, 'now'>) =>
    time === undefined
      ? {}
      : { until: new Date(from.now() + secondsOf('for', String(time)) * 1000).toISOString() };

  const measure = (
    name: string,
    description: string,
    timed: boolean,
    done: (handle: string, until: string) => string,
  ): Builtin => ({
    name,
    description,
    options: [user, ...(timed ? [duration] : []), reason],
    offered,
    ...(timed ? { tidy } : {}),
    async run({ scope, place: { roomId }, values }) {
      const { handle } = await operate<User>(scope, 'users.get', { userId: values.user });
      const until = timed ? untilOf(values, clock) : {};
      const input = { roomId, userId: values.user, reason: String(values.reason ?? ''), ...until };
      await operate(scope, `moderation.${name}`, input);
      return privately(done(`@${handle}`, values.for === undefined ? '' : ` for ${values.for}`));
    },
  });

  return [
    measure('mute', 'Keeps somebody from speaking here', true, (who, time) => `${who} is muted${time}.`),
    measure('unmute', 'Lets somebody speak again', false, (who) => `${who} may speak again.`),
    measure('kick', 'Takes somebody out of the room', false, (who) => `${who} is out of the room.`),
    measure(
      'ban',
      'Takes somebody out and lets them in no more',
      true,
      (who, time) => `${who} is banned${time}.`,
    ),
    {
      name: 'slow',
      description: 'Seconds that members wait between two messages: /slow 30, /slow 5m, /slow off',
      options: [
        option({ name: 'time', type: 'string', required: true, description: 'such as 30, 5m or off' }),
      ],
      offered,
      async run({ scope, place: { roomId }, values }) {
        const time = String(values.time).trim().toLowerCase();
        const seconds = time === 'off' ? 0 : /^\d{1,5}$/.test(time) ? Number(time) : secondsOf('time', time);
        if (seconds > MOST_SLOW)
          throw new AppError('invalid', 'invalid_option', 'time is at most 6h, or off', {
            errors: [{ path: 'options.time', message: 'is at most 6h, or off' }],
          });
        await operate(scope, 'moderation.slow_mode', { roomId, seconds });
        return privately(
          seconds === 0 ? 'The room is slow no more.' : `Members wait ${seconds} s between two messages.`,
        );
      },
    },
  ];
}

/** Of slow mode, in seconds. */
const MOST_SLOW = 21_600;
