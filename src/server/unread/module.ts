// What explaining counts offers.
import { handle, type Module } from '../../core/module.ts';
import { explainThreadUnread, explainUnread } from './contract.ts';
import type { UnreadService } from './service.ts';

export const unreadModule = (unread: UnreadService): Module => ({
  name: 'unread',
  operations: [
    handle(explainUnread, (scope, { roomId, userId }) => unread.room(scope, roomId, userId)),
    handle(explainThreadUnread, (scope, { messageId, userId }) => unread.thread(scope, messageId, userId)),
  ],
});
