// Pushes by which tests from outside try how channels end, crash and carry bytes. Only with NODE_ENV=test: must never be
// reachable otherwise.
import type { Bus } from '../../../core/bus.ts';
import type { Outgoing } from './hub.ts';
import type { JoinedTopic } from './session.ts';

export interface TestDoor {
  /** @throws Error for the topic whose join crashes */
  onJoin(topic: string): void;
  broadcast(topic: string, data: Buffer): void;
  /** The bytes of entries that stand for a binary broadcast; undefined when they are ordinary. */
  bytesOf(entries: Outgoing[]): { type: string; data: Buffer }[] | undefined;
}

const BINARY = 'test_binary_broadcast';

export const createTestDoor = (bus: Bus): TestDoor => ({
  onJoin(topic) {
    if (topic === 'room:test_join_crash') throw new Error('the join was told to crash');
  },
  broadcast: (topic, data) =>
    bus.publish(topic, {
      kind: 'signal',
      type: BINARY,
      json: JSON.stringify({ base64: data.toString('base64') }),
    }),
  bytesOf(entries) {
    if (entries.every((e) => e.type !== BINARY)) return undefined;
    return entries
      .filter((e) => e.type === BINARY)
      .map((e) => ({
        type: e.type,
        data: Buffer.from((JSON.parse(e.json) as { base64: string }).base64, 'base64'),
      }));
  },
});

interface Ends {
  end(kind: 'phx_close' | 'phx_error', payload?: string): void;
  disconnect(): void;
}

/** @returns the response, or undefined when there is none */
export function runTestPush(
  door: TestDoor,
  event: string,
  payload: unknown,
  here: JoinedTopic | undefined,
  ends: Ends,
): object | undefined {
  switch (event) {
    case 'test_crash':
      ends.end('phx_error', '{"reason":"channel_crash"}');
      return undefined;
    case 'test_stop':
      ends.end('phx_close');
      return undefined;
    case 'test_disconnect':
      ends.disconnect();
      return undefined;
    case 'test_binary':
      return Buffer.isBuffer(payload) ? payload : {};
    case BINARY:
      if (here !== undefined && Buffer.isBuffer(payload)) door.broadcast(here.topic, payload);
      return {};
    case 'test_presence':
      here?.updatePresence(payload as object);
      return {};
    default:
      ends.end('phx_error', '{"reason":"channel_crash"}');
      return undefined;
  }
}
