// What is worth hearing about a room: who starts replying, what was said, what failed to go. Pure.
import type { RoomSnapshot } from '@parley/client';
import { runsOf } from './runs.ts';

const LONGEST = 280;

/** Sentences for the step from one snapshot to the next; none for tokens, and none for what was there before. */
export function whatToSay(before: RoomSnapshot, now: RoomSnapshot, myId: string): string[] {
  const words: string[] = [];
  if (before.agents !== now.agents || before.streams !== now.streams) {
    const were = new Map(runsOf(before).map((run) => [run.agentId, run]));
    for (const { agentId, failed } of runsOf(now)) {
      const name = now.members.find(({ user }) => user.id === agentId)?.user.name;
      if (name === undefined) continue;
      const was = were.get(agentId);
      if (failed && was?.failed === false) words.push(`${name} could not answer`);
      else if (!failed && was?.failed !== false) words.push(`${name} is replying`);
    }
  }
  if (before.messages === now.messages) return words;
  const failed = new Set(before.messages.filter(isFailed).map(({ id }) => id));
  if (now.messages.some((message) => isFailed(message) && !failed.has(message.id)))
    words.push('Message failed to send');
  // What was there at the join, or came by paging back, is not news.
  if (before.status === 'live') {
    for (const message of now.messages) {
      if (message.seq <= before.lastSeq || message.author.id === myId) continue;
      if (message.delivery !== undefined || message.deletedAt !== undefined) continue;
      words.push(`${message.author.name} replied: ${shorten(message.body)}`);
    }
  }
  return words;
}

const isFailed = (message: RoomSnapshot['messages'][number]): boolean =>
  message.delivery?.status === 'failed';

const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
