// How one message went to one user: what the database knows, and what every node remembers. Must never tell of others to who does
// not moderate the room, nor of a message to who may not see it.
import { addressed } from '../../core/addressed.ts';
import type { Database } from '../../core/db/database.ts';
import type { Deliveries } from '../../core/deliveries.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import type { NotificationsService } from '../notifications/service.ts';
import { canInRoom, type RoomsService } from '../rooms/service.ts';
import { chain } from './chain.ts';
import { heldSteps, heldVerdict } from './held.ts';
import * as repo from './repository.ts';

export type DeliveriesService = ReturnType<typeof createDeliveriesService>;

/** Comings and goings of one person that are looked at. */
const COMINGS = 50;

export function createDeliveriesService(deps: {
  database: Database;
  rooms: RoomsService;
  messages: MessagesService;
  identity: IdentityService;
  notifications: NotificationsService;
  nodes: Deliveries;
}) {
  const { rooms, messages, identity, notifications, nodes } = deps;
  const { db } = deps.database;

  return {
    async explain(scope: Scope, input: { messageId: string; userId?: string | undefined }) {
      const { tenantId } = scope;
      const held = await repo.findHeld(db, tenantId, input.messageId.toLowerCase());
      if (held !== undefined && held.state !== 'released') return explainHeld(scope, held, input.userId);
      const message = await messages.require(scope, input.messageId);
      const user =
        input.userId === undefined ? scope.user : await whoElse(scope, message.roomId, input.userId);
      const { roomId, seq } = message;
      const asked = { tenantId, userId: user.id, roomId, seq };
      const [standing, comings, remembered, wish] = await Promise.all([
        repo.findStanding(db, tenantId, user.id, message),
        repo.listComings(db, tenantId, roomId, user.id, COMINGS),
        nodes.recall(asked),
        notifications.why(tenantId, user.id, message.id),
      ]);
      if (standing === undefined) throw notFound('user_not_found', 'There is no such user.');
      const told = chain({ message, user, standing, comings, ...remembered, held, notified: wish });
      return {
        messageId: message.id,
        roomId,
        seq,
        userId: user.id,
        ...(user.id === scope.user.id ? addressed(told) : told),
        complete: remembered.complete,
      };
    },
  };

  /** Of a message that is not in the room: to its author, and to who moderates. */
  async function explainHeld(scope: Scope, held: repo.HeldRow, key: string | undefined) {
    const seen = await rooms.findVisible(scope, held.roomId);
    const known =
      seen !== undefined &&
      (held.authorId === scope.user.id || canInRoom('moderation.review', rooms.seenAs(scope, seen)));
    if (!known) throw notFound('message_not_found', 'There is no such message, or you may not see it.');
    const user = key === undefined ? scope.user : await whoElse(scope, held.roomId, key);
    const { id: messageId, roomId } = held;
    return {
      messageId,
      roomId,
      userId: user.id,
      ...heldVerdict(held),
      steps: heldSteps(held),
      complete: true,
    };
  }

  async function whoElse(scope: Scope, roomId: string, key: string) {
    const self = key.toLowerCase() === scope.user.id;
    if (self) return scope.user;
    const seen = await rooms.requireVisible(scope, roomId);
    if (!canInRoom('delivery.explain', rooms.seenAs(scope, seen)))
      throw new AppError(
        'forbidden',
        'not_allowed',
        'Only who moderates the room asks about others; ask about yourself, or ask an admin of the room.',
      );
    return identity.get(scope, key);
  }
}
