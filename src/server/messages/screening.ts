// What a text has to pass before it is sent or changed: an agent's filter, and the moderation service where it is asked. May take time:
// never inside a transaction.
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { type Card, Cards } from '../cards/contract.ts';
import type { RoomsService } from '../rooms/service.ts';
import type { RulesService } from '../rules/service.ts';
import { textsOf, withTexts } from './cards.ts';

export type Screening = ReturnType<typeof createScreening>;

export function createScreening(deps: {
  rooms: Pick<RoomsService, 'requireVisible'>;
  rules: Pick<RulesService, 'asksService'>;
  /** Whether the moderation service flags a text; absent where none is configured. @throws AppError */
  judge?: ((text: string) => Promise<boolean>) | undefined;
  /** A text of an agent as it may be stored; undefined refuses it. `judged`: its run has seen to what takes time. */
  screen: (text: {
    tenantId: string;
    agentId: string;
    roomId: string;
    messageId: string;
    body: string;
    judged: boolean;
  }) => Promise<string | undefined>;
}) {
  const { rooms, rules } = deps;

  /** Whether there is anything to pass for this author. */
  const concerns = ({ user }: Scope): boolean => user.kind === 'agent' || deps.judge !== undefined;

  /** Whatever way an agent's words come, also when it changes them. */
  async function screened(
    scope: Scope,
    text: { roomId: string; messageId: string; body: string; judged: boolean },
  ): Promise<string> {
    if (scope.user.kind !== 'agent') return text.body;
    const clean = await deps.screen({ ...text, tenantId: scope.tenantId, agentId: scope.user.id });
    if (clean === undefined)
      throw new AppError(
        'invalid',
        'content_blocked',
        'The text holds what agents may not send; leave it out.',
      );
    return clean;
  }

  /** The same for what an agent's cards say; what is taken out of them must leave cards that hold. */
  async function screenedCards(
    scope: Scope,
    of: { roomId: string; messageId: string },
    cards: Card[],
  ): Promise<Card[]> {
    if (scope.user.kind !== 'agent' || cards.length === 0) return cards;
    const texts = textsOf(cards);
    await screened(scope, { ...of, body: texts.join('\n'), judged: false });
    const clean = new Map<string, string>();
    for (const body of new Set(texts)) clean.set(body, await screened(scope, { ...of, body, judged: true }));
    const parsed = Cards.safeParse(withTexts(cards, (body) => clean.get(body) ?? body));
    if (parsed.success) return parsed.data;
    throw new AppError(
      'invalid',
      'content_blocked',
      'The card holds what agents may not send; leave it out.',
    );
  }

  /** Whether the moderation service flags what a person writes, in rooms whose rules ask it. @throws AppError where it must answer and does not */
  async function flaggedByService(scope: Scope, roomId: string, body: string): Promise<boolean> {
    if (deps.judge === undefined || scope.user.kind !== 'human') return false;
    const { row, membership } = await rooms.requireVisible(scope, roomId);
    if (membership === undefined || !(await rules.asksService(row))) return false;
    return deps.judge(body);
  }

  return { concerns, screened, screenedCards, flaggedByService };
}
