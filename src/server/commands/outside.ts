// Commands that a service elsewhere carries out: one signed request, three seconds, and an answer that is checked like anybody's
// input. Must never let the service speak in the caller's name.
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Outgoing } from '../../core/outgoing.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import { Card } from '../cards/contract.ts';
import { signedPost } from '../webhooks/service.ts';
import { type CommandReply, CommandReply as Reply } from './contract.ts';
import type { CommandRow } from './repository.ts';

/** Longest wait for the answer. */
const TOTAL_MS = 3000;
const MOST_BYTES = 64 * 1024;
const MOST_CHARS = 4000;

const Answer = z
  .object({
    visibility: Reply.shape.visibility.default('private'),
    body: z.string().max(MOST_CHARS, `has at most ${MOST_CHARS} characters`).default(''),
    card: Card.optional(),
  })
  .transform(({ body, card, ...rest }) => ({
    ...rest,
    body: body.trim() === '' ? (card?.fallback ?? '') : body,
    card,
  }));

export function createOutside({
  clock,
  sealer,
  fetch,
}: {
  clock: Clock;
  sealer: TextSealer;
  fetch: Outgoing;
}) {
  /** @returns nothing where the service has nothing to say. @throws AppError unavailable `command_failed` */
  return async (
    command: CommandRow,
    call: { id: string; data: object },
    signal: AbortSignal,
  ): Promise<CommandReply | undefined> => {
    const { url, secret, name } = command;
    if (url === null || secret === null) throw failed(name, 'it has no address');
    const now = clock.now();
    const body = JSON.stringify({
      type: 'command',
      timestamp: new Date(now).toISOString(),
      data: { ...call.data, commandId: command.id, name },
    });
    let text: string;
    try {
      const answer = await signedPost(fetch, {
        url,
        secrets: [sealer.open(command.id, secret)],
        id: `cmd_${call.id.replaceAll('-', '')}`,
        timestamp: Math.floor(now / 1000),
        body,
        totalMs: TOTAL_MS,
        maxBytes: MOST_BYTES,
        signal,
      });
      text = await answer.text();
      if (answer.status < 200 || answer.status >= 300) throw failed(name, `it answered ${answer.status}`);
    } catch (error) {
      if (error instanceof AppError && error.reason === 'command_failed') throw error;
      throw failed(name, error instanceof AppError ? error.reason : 'it did not answer');
    }
    if (text.trim() === '') return undefined;
    const parsed = Answer.safeParse(jsonOf(text));
    if (!parsed.success) throw failed(name, 'its answer is not {"visibility"?, "body", "card"?}');
    const { card, ...reply } = parsed.data;
    if (reply.body === '') return undefined;
    return { ...reply, ...(card === undefined ? {} : { card }) };
  };
}

const failed = (name: string, why: string): AppError =>
  new AppError(
    'unavailable',
    'command_failed',
    `/${name} was not carried out: ${why}. Try again shortly, or tell who added it.`,
    { retryAfterMs: 1000 },
  );

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
