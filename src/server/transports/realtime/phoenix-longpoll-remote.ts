// Polls that reach another node than the one that holds their session: asked of it over the bus, answered as if they had come
// there. Whatever is unsure ends the session, so that its client joins again and resumes from the log. Must never wait without
// a limit for a node that may have gone.
import type { Bus, BusMessage } from '../../../core/bus.ts';
import { newId } from '../../../core/ids.ts';
import { type Deliver, type PollAnswer, WINDOW_MS } from './phoenix-longpoll-queue.ts';

/** The sessions of this node, for whoever asks from elsewhere. */
export interface HeldSessions {
  /** @returns gives the poll up; undefined when there is no such session */
  poll(token: string, deliver: Deliver): (() => void) | undefined;
  post(token: string, body: Buffer, isLines: boolean): PollAnswer;
  end(token: string): void;
}

type Say =
  | { k: 'poll'; id: string; from: string; token: string }
  | { k: 'post'; id: string; from: string; token: string; body: string; isLines: boolean }
  /** I have the poll, and am waiting for something to tell. */
  | { k: 'heard'; id: string }
  | { k: 'answer'; id: string; answer: PollAnswer }
  /** The client has the answer. */
  | { k: 'taken'; id: string }
  /** The client broke the poll off, or the answer. */
  | { k: 'cancel'; id: string }
  | { k: 'end'; token: string };

export interface RemotePolls {
  /** @returns gives the poll up */
  poll(owner: string, token: string, deliver: Deliver): () => void;
  post(owner: string, token: string, body: Buffer, isLines: boolean): Promise<PollAnswer>;
  stop(): void;
}

/** A node that lives says at once that it has heard. */
const HEARD_LIMIT_MS = 2000;
/** More than a poll's own window. */
const POLL_LIMIT_MS = WINDOW_MS + 2000;
/** Longest memory of an answer that nobody says a word about. */
const UNSETTLED_MS = 60_000;
const GONE: PollAnswer = { status: 410 };

interface Asked {
  heard(): void;
  answered(answer: PollAnswer): void;
  /** The answer when this node stops. */
  atStop: PollAnswer;
}

/** A poll of another node, from its arrival until its answer was taken. */
interface Served {
  taken(): void;
  cancel(): void;
}

export function createRemotePolls(deps: { bus: Bus; nodeId: string; held: HeldSessions }): RemotePolls {
  const { bus, nodeId, held } = deps;
  const topicOf = (node: string) => `longpoll:${node}`;
  const asked = new Map<string, Asked>();
  const served = new Map<string, Served>();
  const say = (node: string, message: Say) =>
    bus.publish(topicOf(node), { kind: 'signal', type: message.k, json: JSON.stringify(message) });
  const unsubscribe = bus.shared ? bus.subscribe(topicOf(nodeId), hear) : () => {};

  /** What cannot be read throws; the bus guards its listeners. */
  function hear(message: BusMessage): void {
    if (message.kind !== 'signal') return;
    const said = JSON.parse(message.json) as Say;
    if (said.k === 'answer') return asked.get(said.id)?.answered(said.answer);
    if (said.k === 'heard') return asked.get(said.id)?.heard();
    if (said.k === 'taken') return served.get(said.id)?.taken();
    if (said.k === 'cancel') return served.get(said.id)?.cancel();
    if (said.k === 'end') return held.end(said.token);
    const { id, from, token } = said;
    const answer =
      said.k === 'post'
        ? held.post(token, Buffer.from(said.body, 'base64'), said.isLines)
        : serve(id, from, token);
    say(from, answer === undefined ? { k: 'heard', id } : { k: 'answer', id, answer });
  }

  /** @returns the answer, where there is nothing to wait for */
  function serve(id: string, from: string, token: string): PollAnswer | undefined {
    const giveUp = held.poll(token, (answer, settle) => {
      served.delete(id);
      if ((answer.messages?.length ?? 0) > 0) {
        const forget = setTimeout(() => served.delete(id), UNSETTLED_MS).unref();
        const settled = (taken: boolean) => {
          clearTimeout(forget);
          served.delete(id);
          settle(taken);
        };
        served.set(id, { taken: () => settled(true), cancel: () => settled(false) });
      }
      say(from, { k: 'answer', id, answer });
    });
    if (giveUp === undefined) return GONE;
    const cancel = () => {
      served.delete(id);
      giveUp();
    };
    served.set(id, { taken: () => {}, cancel });
    return undefined;
  }

  /** Calls `answered` once: with the owner's answer, or with "gone" when none comes in time. @returns stops asking */
  function ask(
    owner: string,
    message: Extract<Say, { k: 'poll' | 'post' }>,
    limits: { heardMs: number; answerMs: number },
    answered: (answer: PollAnswer, inTime: boolean) => void,
    atStop: PollAnswer,
  ): () => boolean {
    const { id, token } = message;
    const forget = (): boolean => {
      clearTimeout(unheard);
      clearTimeout(late);
      return asked.delete(id);
    };
    const giveUp = () => {
      if (!forget()) return;
      say(owner, { k: 'end', token });
      answered(GONE, false);
    };
    const unheard = setTimeout(giveUp, limits.heardMs);
    const late = setTimeout(giveUp, limits.answerMs);
    asked.set(id, {
      heard: () => clearTimeout(unheard),
      answered(answer) {
        if (forget()) answered(answer, true);
      },
      atStop,
    });
    if (bus.healthy()) say(owner, message);
    else setImmediate(giveUp);
    return forget;
  }

  return {
    poll(owner, token, deliver) {
      const id = newId();
      const settle = (taken: boolean) => say(owner, { k: taken ? 'taken' : 'cancel', id });
      const forget = ask(
        owner,
        { k: 'poll', id, from: nodeId, token },
        { heardMs: HEARD_LIMIT_MS, answerMs: POLL_LIMIT_MS },
        (answer, inTime) => deliver(answer, inTime && (answer.messages?.length ?? 0) > 0 ? settle : () => {}),
        // Its client asks again, on another node, and the session lives on.
        { status: 204, token, messages: [] },
      );
      return () => {
        if (forget()) settle(false);
      };
    },
    post: (owner, token, body, isLines) =>
      new Promise((resolve) => {
        const limits = { heardMs: HEARD_LIMIT_MS, answerMs: HEARD_LIMIT_MS };
        const message = {
          k: 'post',
          id: newId(),
          from: nodeId,
          token,
          body: body.toString('base64'),
          isLines,
        };
        ask(owner, message as Extract<Say, { k: 'post' }>, limits, resolve, GONE);
      }),
    stop() {
      for (const { answered, atStop } of [...asked.values()]) answered(atStop);
      unsubscribe();
    },
  };
}
