// What a moderation service says of a text, and what follows: flagged is never shown; where there is no verdict, what is configured
// holds. Each verdict is counted and traced, never with the text.
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Metrics } from '../../core/metrics.ts';
import type { Tracer } from '../../core/tracing.ts';
import type { Moderator } from '../llm/moderate.ts';

export interface Judgement {
  /** `unavailable`: the service gave no verdict. */
  verdict: 'clean' | 'flagged' | 'unavailable';
  passes: boolean;
  categories: string[];
  model: string;
  ms: number;
}

/** What was said of all the windows of one text. */
export interface Moderated {
  model: string;
  windows: number;
  /** Windows without a verdict. */
  unavailable: number;
  ms: number;
  /** Why the rest is withheld; absent when nothing is. */
  blocked?: { reason: BlockReason; categories: string[] };
}

type BlockReason = 'content_blocked' | 'moderation_unavailable';

export type Judge = (text: string, signal: AbortSignal) => Promise<Judgement>;

export interface Moderation {
  /** One window. Rejects only when `signal` aborts. */
  judge: Judge;
  /** A text as a whole, in pieces. */
  judgeAll(text: string, signal: AbortSignal): Promise<Moderated>;
}

/** Characters of one piece, and of what came before it that is shown with it. */
const PIECE = 4000;
export const CONTEXT = 400;

export function createModeration(deps: {
  moderator: Moderator;
  whenDown: 'open' | 'closed';
  clock: Pick<Clock, 'elapsed'>;
  logger: Logger;
  metrics: Metrics;
  tracer: Tracer;
}): Moderation {
  const { moderator, whenDown, clock, logger, metrics, tracer } = deps;
  const { model, provider } = moderator;
  const verdicts = metrics.counter(
    'parley_moderation_verdicts_total',
    'What the moderation service said of agents’ texts; by outcome: shown or withheld',
    ['verdict', 'outcome'],
  );
  const seconds = metrics.histogram('parley_moderation_duration_seconds', 'Time of one verdict', ['verdict']);

  async function ask(text: string, signal: AbortSignal): Promise<Omit<Judgement, 'ms'>> {
    try {
      const { flagged, categories, model: by } = await moderator.moderate(text, signal);
      return { verdict: flagged ? 'flagged' : 'clean', passes: !flagged, categories, model: by };
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error: (error as Error).name, whenDown }, 'the moderation service gave no verdict');
      return { verdict: 'unavailable', passes: whenDown === 'open', categories: [], model };
    }
  }

  const judge: Judge = async (text, signal) => {
    const started = clock.elapsed();
    const said = await ask(text, signal);
    const ms = Math.round(clock.elapsed() - started);
    const { verdict, passes, categories } = said;
    verdicts.inc({ verdict, outcome: passes ? 'shown' : 'withheld' });
    seconds.observe({ verdict }, ms / 1000);
    const attributes = {
      'gen_ai.operation.name': 'moderate',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': model,
      'parley.verdict': verdict,
      'parley.categories': categories,
      'parley.shown': passes,
    };
    tracer.record(`moderate ${model}`, attributes, ms);
    return { ...said, ms };
  };

  return {
    judge,
    async judgeAll(text, signal) {
      const all: Moderated = { model, windows: 0, unavailable: 0, ms: 0 };
      for (let at = 0; at < text.length && all.blocked === undefined; at += PIECE)
        add(all, await judge(text.slice(Math.max(0, at - CONTEXT), at + PIECE), signal));
      return all;
    },
  };
}

/** Adds what was said of one window. */
export function add(all: Moderated, { verdict, passes, categories, model, ms }: Judgement): void {
  all.model = model;
  all.windows++;
  all.ms += ms;
  if (verdict === 'unavailable') all.unavailable++;
  if (!passes)
    all.blocked = {
      reason: verdict === 'flagged' ? 'content_blocked' : 'moderation_unavailable',
      categories,
    };
}

/** For whoever wrote the text and may write another. */
export const blockedError = ({ reason, categories }: NonNullable<Moderated['blocked']>): AppError =>
  reason === 'content_blocked'
    ? new AppError(
        'invalid',
        reason,
        `The moderation refuses this text${categories.length === 0 ? '' : ` (${categories.join(', ')})`}; change it.`,
      )
    : new AppError(
        'unavailable',
        reason,
        'The moderation service does not answer, and without it nothing is sent; try again shortly.',
      );
