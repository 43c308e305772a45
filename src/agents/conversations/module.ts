// What conversations with agents offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { ConversationsService } from './service.ts';

export const conversationsModule = (conversations: ConversationsService): Module => ({
  name: 'agents.conversations',
  operations: [
    handle(c.chat, (scope, input) => conversations.chat(scope, input)),
    handle(c.listConversations, (scope, input) => conversations.list(scope, input)),
  ],
  jobs: [conversations.job],
});
