// What one can do with a message, as data: the menu, the toolbar and the keys are three ways of calling the same list.
// Must never decide what is allowed: the server does; this only leaves out what it would refuse for sure.
import type { ChatMessage } from '@parley/client';
import {
  IconBell,
  IconBookmark,
  IconBookmarkOff,
  IconCopy,
  IconFlag,
  IconHelpCircle,
  IconHistory,
  IconLink,
  IconMailOpened,
  IconMessageReply,
  IconMoodPlus,
  IconPencil,
  IconPin,
  IconPinnedOff,
  IconShield,
  IconTrash,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';

/** What the place a message is shown in does about it. Stable over renders. */
export interface MessageActions {
  edit(id: string | undefined): void;
  remove(message: ChatMessage): void;
  explain(message: ChatMessage): void;
  versions(message: ChatMessage): void;
  remind(message: ChatMessage): void;
  report(message: ChatMessage): void;
  /** Something against its author. */
  measure(message: ChatMessage): void;
  markUnread(message: ChatMessage): void;
  pin(message: ChatMessage): void;
  save(message: ChatMessage, saved: boolean): void;
  copyText(message: ChatMessage): void;
  copyLink(message: ChatMessage): void;
  react(message: ChatMessage, emoji: string): void;
  /** Absent inside of a thread. */
  openThread?: ((rootId: string) => void) | undefined;
}

/** What I may do in this room. */
export interface Rights {
  /** Delete others' messages. */
  moderates: boolean;
  /** See what others said before they changed it. */
  versions: boolean;
  pins: boolean;
  /** Mention everyone at once. */
  everyone: boolean;
  reacts: boolean;
  /** Mute, take out, ban; the server says whom. */
  acts: boolean;
}

export interface Command {
  id: string;
  label: string;
  Icon: ComponentType<{ size?: number | string }>;
  /** One key, while the message has the focus; shown in the menu. */
  key?: string;
  danger?: boolean;
  run(): void;
}

interface Facts {
  message: ChatMessage;
  myId: string;
  saved: boolean;
  rights: Rights;
  actions: MessageActions;
  /** Opens the picker. */
  onReact(): void;
}

export function commandsOf({ message, myId, saved, rights, actions, onReact }: Facts): Command[] {
  const mine = message.author.id === myId;
  const edited = message.editedAt !== undefined;
  const { openThread } = actions;
  const list: (Command | false | undefined)[] = [
    rights.reacts && { id: 'react', label: 'Add a reaction', Icon: IconMoodPlus, key: 'r', run: onReact },
    openThread && {
      id: 'thread',
      label: 'Reply in thread',
      Icon: IconMessageReply,
      key: 't',
      run: () => openThread(message.threadId ?? message.id),
    },
    mine &&
      message.kind === 'text' && {
        id: 'edit',
        label: 'Edit',
        Icon: IconPencil,
        key: 'e',
        run: () => actions.edit(message.id),
      },
    {
      id: 'save',
      label: saved ? 'Remove from saved' : 'Save for later',
      Icon: saved ? IconBookmarkOff : IconBookmark,
      key: 's',
      run: () => actions.save(message, !saved),
    },
    { id: 'remind', label: 'Remind me…', Icon: IconBell, key: 'm', run: () => actions.remind(message) },
    {
      id: 'unread',
      label: 'Mark unread from here',
      Icon: IconMailOpened,
      key: 'u',
      run: () => actions.markUnread(message),
    },
    rights.pins && {
      id: 'pin',
      label: message.pinned === undefined ? 'Pin to the room' : 'Unpin',
      Icon: message.pinned === undefined ? IconPin : IconPinnedOff,
      key: 'p',
      run: () => actions.pin(message),
    },
    { id: 'text', label: 'Copy text', Icon: IconCopy, key: 'c', run: () => actions.copyText(message) },
    { id: 'link', label: 'Copy link', Icon: IconLink, key: 'l', run: () => actions.copyLink(message) },
    (mine || rights.versions) &&
      edited && {
        id: 'versions',
        label: 'What it said before',
        Icon: IconHistory,
        run: () => actions.versions(message),
      },
    { id: 'explain', label: 'Explain', Icon: IconHelpCircle, run: () => actions.explain(message) },
    !mine &&
      message.kind !== 'system' && {
        id: 'report',
        label: 'Report…',
        Icon: IconFlag,
        run: () => actions.report(message),
      },
    !mine &&
      rights.acts &&
      message.kind !== 'system' && {
        id: 'measure',
        label: 'Mute, take out or ban…',
        Icon: IconShield,
        danger: true,
        run: () => actions.measure(message),
      },
    (mine || rights.moderates) && {
      id: 'delete',
      label: 'Delete',
      Icon: IconTrash,
      key: 'Delete',
      danger: true,
      run: () => actions.remove(message),
    },
  ];
  return list.filter((command): command is Command => typeof command === 'object');
}

/** The command a key means; Backspace deletes, too. */
export const commandAt = (commands: readonly Command[], key: string): Command | undefined => {
  const wanted = key === 'Backspace' ? 'Delete' : key.length === 1 ? key.toLowerCase() : key;
  return commands.find((command) => command.key === wanted);
};
