// Speaks about the open room at boundaries: someone starts replying, a message has come, one failed to go.
import type { RoomHandle, RoomSnapshot } from '@parley/client';
import { useEffect } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { runsOf } from './use-runs.ts';

const LONGEST = 280;

export function useRoomAnnouncements(room: RoomHandle, myId: string): void {
  const announce = useAnnounce();
  useEffect(() => {
    let before = room.getSnapshot();
    return room.subscribe(() => {
      const now = room.getSnapshot();
      const words = whatToSay(before, now, myId);
      before = now;
      if (words.length > 0) announce(words.join('. '));
    });
  }, [room, myId, announce]);
}

export function whatToSay(before: RoomSnapshot, now: RoomSnapshot, myId: string): string[] {
  const words: string[] = [];
  if (before.agents !== now.agents || before.streams !== now.streams) {
    const working = new Set(runsOf(before).map(({ agentId }) => agentId));
    for (const { agentId } of runsOf(now)) {
      const name = now.members.find(({ user }) => user.id === agentId)?.user.name;
      if (!working.has(agentId) && name !== undefined) words.push(`${name} is replying`);
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
