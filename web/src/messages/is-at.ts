// Whom a mention reaches: one by name, everyone, or those who were there when it was said.
import type { ChatMessage } from '@parley/client';

export const isAt = (mention: ChatMessage['mentions'][number], userId: string): boolean =>
  mention.userId === userId || mention.kind === 'all' || (mention.userIds?.includes(userId) ?? false);
