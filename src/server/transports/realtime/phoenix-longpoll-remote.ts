// Polls that reach another node than the one that holds their session: asked of it over the bus, answered as if they had come
// there. Whatever is unsure ends the session, so that its client joins again and resumes from the log. Must never lose what a
// poll was handed and could not deliver.
import type { Bus, BusMessage } from '../../../core/bus.ts';
import { newId } from '../../../core/ids.ts';
import type { Logger } from '../../../core/logger.ts';

export interface PollAnswer {
  status: number;
  token?: string;
  messages?: string[];
}

/** The sessions of this node, for whoever asks from elsewhere. */
export interface HeldSessions {
  /** @returns gives the poll up; undefined when there is no such session */
  poll(token: string, answered: (answer: PollAnswer) => void): (() => void) | undefined;
  post(token: string, body: Buffer, isLines: boolean): PollAnswer;
  /** What a poll was handed and its client did not take. */
  giveBack(token: string, messages: string[]): void;
  end(token: string): void;
}

type Say =
  | { k: 'poll'; id: string; from: string; token: string }
  | { k: 'post'; id: string; from: string; token: string; body: string; isLines: boolean }
  | { k: 'cancel'; id: string }
  | { k: 'back'; token: string; messages: string[] }
  | { k: 'end'; token: string }
  | { k: 'answer'; id: string; answer: PollAnswer };

export interface RemotePolls {
  /** The node a token names; undefined for this one, or for what is no token. */
  ownerOf(token: string): string | undefined;
  poll(owner: string, token: string, answered: (answer: PollAnswer) => void): () => void;
  post(owner: string, token: string, body: Buffer, isLines: boolean): Promise<PollAnswer>;
  giveBack(owner: string, token: string, messages: string[]): void;
  stop(): void;
}

/** More than a poll's own window, and more than a post takes. */
const POLL_LIMIT_MS = 12_000;
const POST_LIMIT_MS = 3000;
const GONE: PollAnswer = { status: 410 };
const TOKEN = /^([0-9a-f-]{36})\.[\w-]+$/;

export function createRemotePolls(deps: {
  bus: Bus;
  nodeId: string;
  logger: Logger;
  held: HeldSessions;
}): RemotePolls {
  const { bus, nodeId, logger, held } = deps;
  const topicOf = (node: string) => `longpoll:${node}`;
  /** What we asked of others. */
  const asked = new Map<string, (answer: PollAnswer) => void>();
  /** What others wait for here. */
  const waiting = new Map<string, () => void>();
  const say = (node: string, message: Say) =>
    bus.publish(topicOf(node), { kind: 'signal', type: message.k, json: JSON.stringify(message) });
  const unsubscribe = bus.shared ? bus.subscribe(topicOf(nodeId), hear) : () => {};

  function hear(message: BusMessage): void {
    if (message.kind !== 'signal') return;
    let said: Say;
    try {
      said = JSON.parse(message.json) as Say;
    } catch (error) {
      return logger.warn({ err: error }, 'a poll from another node could not be read');
    }
    if (said.k === 'answer') return asked.get(said.id)?.(said.answer);
    if (said.k === 'back') return held.giveBack(said.token, said.messages);
    if (said.k === 'end') return held.end(said.token);
    if (said.k === 'cancel') {
      waiting.get(said.id)?.();
      waiting.delete(said.id);
      return;
    }
    const { id, from, token } = said;
    const answered = (answer: PollAnswer) => {
      waiting.delete(id);
      say(from, { k: 'answer', id, answer });
    };
    if (said.k === 'post') return answered(held.post(token, Buffer.from(said.body, 'base64'), said.isLines));
    const giveUp = held.poll(token, answered);
    if (giveUp === undefined) answered(GONE);
    else waiting.set(id, giveUp);
  }

  /** Calls `answered` once: with the owner's answer, or with "gone" when none comes in time. */
  function ask(
    owner: string,
    message: Say & { id: string },
    limitMs: number,
    answered: (a: PollAnswer) => void,
  ) {
    const { id } = message;
    const done = (answer: PollAnswer) => {
      clearTimeout(timer);
      if (asked.delete(id)) answered(answer);
    };
    const timer = setTimeout(() => {
      if ('token' in message) say(owner, { k: 'end', token: message.token });
      done(GONE);
    }, limitMs);
    timer.unref();
    asked.set(id, done);
    if (bus.healthy()) say(owner, message);
    else setImmediate(done, GONE);
    return done;
  }

  return {
    ownerOf(token) {
      const owner = bus.shared ? TOKEN.exec(token)?.[1] : undefined;
      return owner === nodeId ? undefined : owner;
    },
    poll(owner, token, answered) {
      const id = newId();
      ask(owner, { k: 'poll', id, from: nodeId, token }, POLL_LIMIT_MS, answered);
      return () => {
        if (!asked.has(id)) return;
        say(owner, { k: 'cancel', id });
        // An answer that is on its way already was handed messages.
        asked.set(id, (answer) => {
          asked.delete(id);
          if ((answer.messages?.length ?? 0) > 0)
            say(owner, { k: 'back', token, messages: answer.messages ?? [] });
        });
        setTimeout(() => asked.delete(id), POST_LIMIT_MS).unref();
      };
    },
    post: (owner, token, body, isLines) =>
      new Promise((resolve) => {
        ask(
          owner,
          { k: 'post', id: newId(), from: nodeId, token, body: body.toString('base64'), isLines },
          POST_LIMIT_MS,
          resolve,
        );
      }),
    giveBack: (owner, token, messages) => say(owner, { k: 'back', token, messages }),
    stop() {
      unsubscribe();
      for (const done of [...asked.values()]) done(GONE);
      waiting.clear();
    },
  };
}
