// Why a message came, or did not, and why a room or the inbox counts as it does. Every answer says how sure it is.
import { Tabs } from '@mantine/core';
import tabs from '../agents/agent-page.module.css';
import { PageFrame } from '../layout/page-frame.tsx';
import { type Explained, explainCountHref, explainHref, replaceWith } from '../parts/route.ts';
import { InboxCount } from './inbox-count.tsx';
import { MessageWay } from './message-way.tsx';
import { RoomCount } from './room-count.tsx';

interface ExplainPageProps {
  of: Explained;
  /** Of the message, or of the room. */
  id: string | undefined;
  userId: string | undefined;
  onRooms(): void;
}

export function ExplainPage({ of, id, userId, onRooms }: ExplainPageProps) {
  return (
    <PageFrame title="Delivery" about="Where a message went, and why a count is what it is" onRooms={onRooms}>
      <Tabs
        value={of}
        onChange={(next) =>
          replaceWith(
            next === 'unread' || next === 'inbox'
              ? explainCountHref(next)
              : explainHref(undefined, undefined),
          )
        }
        keepMounted={false}
      >
        <Tabs.List className={tabs.tabs ?? ''}>
          <Tabs.Tab value="message">A message</Tabs.Tab>
          <Tabs.Tab value="unread">A room’s count</Tabs.Tab>
          <Tabs.Tab value="inbox">My inbox’s count</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="message">
          <MessageWay key={`${id} ${userId}`} messageId={id} userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="unread">
          <RoomCount key={`${id} ${userId}`} roomId={id} userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="inbox">
          <InboxCount />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  );
}
