// Going to a message: fetches the part of the past it stands in, and has it shown and marked.
import { ParleyError, type RoomHandle } from '@parley/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { useTell } from '../parts/notices.tsx';
import { hrefOf, type RoomRoute, replaceWith, sideHref, threadHref } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';

/** A new object for each jump, also to the same place. */
export interface Target {
  seq: number;
  /** Marked when it is there; without, the first message from the seq on is. */
  messageId?: string;
}

export interface Jump {
  target: Target | undefined;
  busy: boolean;
  toSeq(seq: number): void;
  toTime(time: Date): void;
}

export function useJump(room: RoomHandle, route: RoomRoute | undefined): Jump {
  const client = useClient();
  const tell = useTell();
  const announce = useAnnounce();
  const [target, setTarget] = useState<Target>();
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);

  const go = useCallback(
    async (find: () => Promise<Target | undefined>) => {
      const mine = ++turn.current;
      setBusy(true);
      try {
        await room.whenLive();
        const found = await find();
        if (found === undefined || mine !== turn.current) return;
        await room.history.goTo(found.seq);
        if (mine !== turn.current) return;
        setTarget(found);
        announce('Moved to an earlier place in the room');
      } catch (error) {
        const gone = error instanceof ParleyError && error.code === 'not_found';
        tell(
          gone ? 'That message is not here any more' : 'That place could not be opened',
          gone ? undefined : error,
        );
      } finally {
        if (mine === turn.current) setBusy(false);
      }
    },
    [room, tell, announce],
  );

  // In a thread, the thread itself shows the reply.
  const messageId = route?.threadId === undefined ? route?.messageId : undefined;
  const at = route?.at;
  const side = route?.side;
  useEffect(() => {
    if (messageId === undefined && at === undefined) return;
    void go(async () => {
      const address = room.getSnapshot().room ?? { id: room.key };
      const message = messageId === undefined ? undefined : await client.call('get_message', { messageId });
      if (message?.threadId !== undefined) {
        replaceWith(threadHref(address, message.threadId, message.id));
        return undefined;
      }
      // The address has done its work; the same link leads there again.
      replaceWith(side === undefined ? hrefOf(address) : sideHref(address, side));
      return message === undefined ? { seq: at ?? 0 } : { seq: message.seq, messageId: message.id };
    });
  }, [client, room, messageId, at, side, go]);

  return {
    target,
    busy,
    toSeq: useCallback((seq) => void go(async () => ({ seq })), [go]),
    toTime: useCallback((time) => void go(async () => ({ seq: await room.history.seqAt(time) })), [go, room]),
  };
}
