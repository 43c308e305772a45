// Slash commands of the server in memory: each call carried out once under its id, a private reply told to its caller alone.
// Must never be taken for the server's specification; that is its contract.
import type { Command, ReplyOf } from '../wire.ts';

type Result = ReplyOf<'run_command'>;

export interface FakeCommands {
  list(roomId: string): { data: Command[] };
  set(roomId: string, names: readonly string[]): void;
  /** Calls that were carried out. */
  ran(): number;
  /** Undefined where there is no such command. */
  run(
    roomId: string,
    userId: string,
    id: string,
    name: string,
  ): { result: Result; repeated: boolean } | undefined;
}

export function createFakeCommands(): FakeCommands {
  const names = new Map<string, readonly string[]>();
  const results = new Map<string, Result>();
  const namesOf = (roomId: string) => names.get(roomId) ?? ['help'];
  return {
    list: (roomId) => ({ data: namesOf(roomId).map(command) }),
    ran: () => results.size,
    set: (roomId, all) => void names.set(roomId, all),
    run(roomId, userId, id, name) {
      const key = `${userId}/${id}`;
      const known = results.get(key);
      if (known !== undefined) return { result: known, repeated: true };
      if (!namesOf(roomId).includes(name)) return undefined;
      const body = `${name} ${results.size + 1}`;
      const result: Result = { reply: { visibility: 'private', body } };
      results.set(key, result);
      return { result, repeated: false };
    },
  };
}

const command = (name: string): Command => ({
  name,
  description: `Does ${name}`,
  options: [],
  scope: 'room',
  handler: 'builtin',
});
