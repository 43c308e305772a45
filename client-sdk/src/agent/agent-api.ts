// An agent written with the SDK, as public types. Must never hold code.
import type { ChatMessage, Client, ClientOptions, RoomHandle } from '../api.ts';
import type { CardState, Message } from '../wire.ts';
import type { CommandAnswer, CommandCall, CommandRequest, CommandResponse } from './command-calls.ts';

export type { CommandAnswer, CommandCall, CommandRequest, CommandResponse };

/** One message that is meant for the agent. */
export interface Ask {
  readonly message: ChatMessage;
  readonly room: RoomHandle;
  /** What was said before it and is loaded, oldest first. */
  readonly before: readonly ChatMessage[];
  readonly client: Client;
  /** Fires when the agent stops. */
  readonly signal: AbortSignal;
}

/** What somebody did with a card of the agent's. */
export interface Press {
  /** The agent's message, with the press shown. */
  readonly message: Message;
  readonly actionId: string;
  /** What a select or a form was given; a button's own value. */
  readonly value?: CardState['value'];
  /** User id. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
  /** Presses of this action in all; of those since it was last told, this is the last. */
  readonly count: number;
  readonly room: RoomHandle;
  readonly client: Client;
  /** Fires when the agent stops. */
  readonly signal: AbortSignal;
}

export interface AgentOptions extends ClientOptions {
  /** Rooms by id or slug; without it, every room that it is a member of, also those it is put into later. */
  rooms?: readonly string[];
  /** Answers with the words to say, or nothing to stay silent. In each room it is asked one message after the other. */
  answer?: (ask: Ask) => string | undefined | Promise<string | undefined>;
  /**
   * What is meant for it. Unless told: what mentions it, and everything in direct rooms. Its own words never are, and
   * those of other agents only with `hearsAgents`.
   */
  isMeant?: (message: ChatMessage, room: RoomHandle) => boolean;
  /** Two agents that answer each other do not stop by themselves: count your turns. */
  hearsAgents?: boolean;
  /**
   * Somebody pressed a button, chose or sent a form of a card that the agent posted. Answers with the words to say, or nothing. Told in the
   * order of the room, also of what came while it was away; then perhaps of one that it knows: the answer is there once all the same.
   */
  onCard?: (press: Press) => string | undefined | Promise<string | undefined>;
  /**
   * Carries out commands whose handler is a webhook: see `receive`. Has 3 s. The same call is carried out once while the program runs;
   * after a failure it may be asked again.
   */
  onCommand?: (call: CommandCall) => CommandAnswer | undefined | Promise<CommandAnswer | undefined>;
  /** Of its commands, as `create_command` showed them: `whsec_…`. */
  commandSecrets?: string | readonly string[];
  /** Told of every failure; the room is not. */
  onError?: (error: unknown, about?: Ask | Press | CommandCall) => void;
}

export interface Agent {
  readonly client: Client;
  /**
   * Resolves once it listens to its rooms; what was meant for it since it last read them is being answered then. Rejects when it
   * may not sign in.
   */
  start(): Promise<void>;
  /** Stops listening; what is being answered is given the signal and its answer is not sent. */
  stop(): Promise<void>;
  /** Takes a request that came to the address of a command, and says what to answer. Needs `onCommand`, and Node. */
  receive(request: CommandRequest): Promise<CommandResponse>;
}
