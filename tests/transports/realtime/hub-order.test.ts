// P3 and the removal rule, whatever the bus and the database do: every subscriber sees the log after its place,
// in order, once each, and nothing after the entry that removed it.
import fc from 'fast-check';
import { afterEach, beforeEach, test, vi } from 'vitest';
import { type Fate, type Listener, USERS, World } from './hub-model.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

type Action =
  | { do: 'append'; count: number; fate: Fate; evicts: string | undefined }
  | { do: 'signal'; fate: Fate }
  | { do: 'join'; user: string; readMs: number; rightsMs: number; liveMs: number; protocol: number }
  | { do: 'leave'; which: number }
  | { do: 'admit'; user: string }
  | { do: 'wait'; ms: number };

const user = fc.constantFrom(...USERS);
const copy = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }) },
);
const fate: fc.Arbitrary<Fate> = fc.array(copy, { minLength: 1, maxLength: 3 });
const short = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }));
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 4 }),
      fate,
      evicts: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: user }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      user,
      readMs: short,
      rightsMs: short,
      liveMs: short,
      protocol: fc.nat(1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('signal' as const), fate }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('admit' as const), user }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 80 }) }),
  },
);
const readFate = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 80 }) },
  { weight: 1, arbitrary: fc.constant('fail' as const) },
);

async function perform(world: World, step: Action): Promise<void> {
  if (step.do === 'append') world.append(step.count, step.fate, step.evicts);
  else if (step.do === 'signal') world.signal(step.fate);
  else if (step.do === 'join') world.join(step.user, step, step.protocol);
  else if (step.do === 'admit') world.members.add(step.user);
  else if (step.do === 'wait') await advance(step.ms);
  else {
    const listener = world.listeners[step.which];
    if (listener !== undefined) world.leave(listener);
  }
}

/** What went wrong for one listener; undefined when nothing did. */
function complaint(world: World, listener: Listener): string | undefined {
  const owed = world.owed(listener);
  const { seqs } = listener;
  if (seqs.join() !== owed.slice(0, seqs.length).join()) return `saw ${seqs}, owed ${owed}`;
  // A joiner whose missing entries could not be read is told to come back.
  if (listener.left || listener.overflowed === 1) return undefined;
  if (listener.overflowed > 1) return `overflowed ${listener.overflowed} times`;
  if (seqs.length < owed.length) return `saw only ${seqs} of ${owed}`;
  const removals = world.isEvicted(listener) ? 1 : 0;
  return listener.evicted === removals ? undefined : `evicted ${listener.evicted} times, not ${removals}`;
}

test('every subscriber sees the log after its place, in order and once, until it is removed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 4, maxLength: 60 }),
      fc.array(readFate, { maxLength: 12 }),
      async (steps, readFates) => {
        const world = new World(readFates);
        try {
          for (const step of steps) await perform(world, step);
          await advance(200);
          await world.settle(advance);
          for (const listener of world.listeners) {
            const problem = complaint(world, listener);
            if (problem !== undefined)
              throw new Error(`${listener.user} after ${listener.after}: ${problem}`);
          }
        } finally {
          world.stop();
        }
      },
    ),
    { numRuns: 2000 },
  );
}, 60_000);
