// What the buttons, the menu and the keys of a message do. The object stays the same, so that rows need not be drawn anew.
import type { ChatMessage, RoomHandle } from '@parley/client';
import { useMemo, useRef } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { useTell } from '../parts/notices.tsx';
import { messageHref } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';
import type { MessageActions } from './message-commands.tsx';
import type { MessageDialog } from './message-dialogs.tsx';
import type { Saved } from './use-saved.ts';

interface Place {
  room: RoomHandle;
  saved: Saved;
  onEdit(id: string | undefined): void;
  onDialog(dialog: MessageDialog): void;
  onMarkedUnread(message: ChatMessage): void;
  openThread?: ((rootId: string) => void) | undefined;
}

export function useMessageActions(place: Place): MessageActions {
  const client = useClient();
  const tell = useTell();
  const announce = useAnnounce();
  const now = useRef(place);
  now.current = place;
  const threads = place.openThread !== undefined;
  return useMemo(() => {
    const { room } = now.current;
    /** Says what was done, or why not. */
    const attempt = (what: Promise<unknown>, done: string, failed: string): void => {
      what.then(
        () => announce(done),
        (error: unknown) => tell(failed, error),
      );
    };
    const copy = (text: string, what: string) =>
      attempt(
        navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard')),
        `${what} copied`,
        `The ${what.toLowerCase()} could not be copied`,
      );
    return {
      edit: (id) => now.current.onEdit(id),
      remove: (message) => now.current.onDialog({ kind: 'delete', message }),
      explain: (message) => now.current.onDialog({ kind: 'explain', message }),
      versions: (message) => now.current.onDialog({ kind: 'versions', message }),
      report: (message) => now.current.onDialog({ kind: 'report', message }),
      measure: (message) => now.current.onDialog({ kind: 'measure', message }),
      remind: (message) => now.current.onDialog({ kind: 'remind', message }),
      markUnread(message) {
        attempt(
          room.markUnread(message.id).then(() => now.current.onMarkedUnread(message)),
          'Marked unread from here',
          'The room was not marked unread',
        );
      },
      pin(message) {
        if (message.pinned === undefined)
          attempt(room.messages.pin(message.id), 'Pinned to the room', 'The message was not pinned');
        else attempt(room.messages.unpin(message.id), 'Unpinned', 'The message is still pinned');
      },
      save(message, saved) {
        now.current.saved.set(message.id, saved);
        const call = client.call(saved ? 'save_message' : 'unsave_message', { messageId: message.id });
        attempt(
          call.catch((error: unknown) => {
            now.current.saved.set(message.id, !saved);
            throw error;
          }),
          saved ? 'Saved for later' : 'Removed from saved',
          saved ? 'The message was not saved' : 'The message is still saved',
        );
      },
      copyText: (message) => copy(message.body, 'Text'),
      copyLink(message) {
        const { origin, pathname } = globalThis.location;
        const info = room.getSnapshot().room ?? { id: message.roomId };
        copy(`${origin}${pathname}${messageHref(info, message.id)}`, 'Link');
      },
      react(message, emoji) {
        const mine = message.reactions.some((one) => one.emoji === emoji && one.mine);
        if (mine)
          attempt(
            room.messages.unreact(message.id, emoji),
            `${emoji} taken back`,
            'The reaction is still there',
          );
        else
          attempt(
            room.messages.react(message.id, emoji),
            `Reacted with ${emoji}`,
            'The reaction was not added',
          );
      },
      openThread: threads ? (rootId) => now.current.openThread?.(rootId) : undefined,
    };
  }, [client, tell, announce, threads]);
}
