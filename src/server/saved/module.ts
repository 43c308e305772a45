// What saved messages offer, and marking unread.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { SavedService } from './service.ts';

export const savedModule = (saved: SavedService): Module => ({
  name: 'saved',
  operations: [
    handle(c.saveMessage, (scope, { messageId, note }) => saved.add(scope, messageId, note)),
    handle(c.unsaveMessage, (scope, { messageId }) => saved.remove(scope, messageId)),
    handle(c.listSaved, (scope, page) => saved.list(scope, page)),
    handle(c.markUnread, (scope, { roomId, messageId }) => saved.markUnread(scope, roomId, messageId)),
  ],
  events: [c.savedChanged, c.roomUnread],
});
