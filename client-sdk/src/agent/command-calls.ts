// Calls of commands that the program carries out, as the server posts them: checked by their signature, carried out once while the
// program runs, answered in the server's format. Must never look at a call before its signature.
import type { CardDraft, Client } from '../api.ts';
import { toParleyError } from '../error.ts';
import type { User } from '../wire.ts';

/** A call of one of its commands. */
export interface CommandCall {
  /** The same when it is told again. */
  readonly id: string;
  readonly commandId: string;
  readonly name: string;
  /** As the command declares them. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly roomId: string;
  readonly threadId?: string;
  /** Who called. */
  readonly by: Pick<User, 'id' | 'kind' | 'handle' | 'name'>;
  readonly client: Client;
}

/** Words are for the caller alone; `visibility: 'room'` has the command's bot say them to all. */
export type CommandAnswer =
  | string
  | { readonly visibility?: 'private' | 'room'; readonly body: string; readonly card?: CardDraft };

/** A request that came to the address of a command. */
export interface CommandRequest {
  /** Exactly as it came, before any parsing. */
  body: string | Uint8Array;
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>;
}

export interface CommandResponse {
  readonly status: number;
  /** JSON, or empty where there is nothing to say. */
  readonly body: string;
}

export interface CommandCalls {
  receive(request: CommandRequest): Promise<CommandResponse>;
}

/** Answers that are remembered, for calls that are told again. */
const MAX_REMEMBERED = 1000;

export function createCommandCalls(parts: {
  client: Client;
  secrets: string | readonly string[];
  onCommand(call: CommandCall): CommandAnswer | undefined | Promise<CommandAnswer | undefined>;
  onError(error: unknown, call?: CommandCall): void;
}): CommandCalls {
  const { client, secrets, onCommand, onError } = parts;
  const known = new Map<string, Promise<CommandResponse>>();

  async function carryOut(call: CommandCall): Promise<CommandResponse> {
    const answer = await onCommand(call);
    if (answer === undefined) return { status: 200, body: '' };
    return { status: 200, body: JSON.stringify(typeof answer === 'string' ? { body: answer } : answer) };
  }

  return {
    async receive({ body, headers }) {
      // Only where commands are received: the rest of an agent needs nothing of Node.
      const { verifyWebhook } = await import('../node/webhook.ts');
      let given: { id: string; payload: { type?: string; data?: Omit<CommandCall, 'client'> } };
      try {
        given = verifyWebhook({ body, headers, secret: secrets });
      } catch (thrown) {
        const { code, reason, message } = toParleyError(thrown);
        return {
          status: code === 'unauthorized' ? 401 : 400,
          body: JSON.stringify({ reason, detail: message }),
        };
      }
      const { type, data } = given.payload;
      if (type !== 'command' || data === undefined)
        return {
          status: 404,
          body: JSON.stringify({ reason: 'no_command', detail: 'This takes commands only' }),
        };
      const call: CommandCall = { ...data, client };
      const running = known.get(given.id) ?? carryOut(call);
      known.set(given.id, running);
      for (const [oldest] of known) {
        if (known.size <= MAX_REMEMBERED) break;
        known.delete(oldest);
      }
      try {
        return await running;
      } catch (error) {
        // What failed may be asked again.
        if (known.get(given.id) === running) {
          known.delete(given.id);
          onError(error, call);
        }
        return { status: 500, body: JSON.stringify({ reason: 'failed', detail: 'The command failed' }) };
      }
    },
  };
}
