// The wire of a room's settings: the language its words are found in, previews of links, how long messages are kept.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

/** Languages whose forms of words search knows; `none`: words are found as they were written. */
export const SearchLanguage = z.enum([
  'none',
  'arabic',
  'danish',
  'dutch',
  'english',
  'finnish',
  'french',
  'german',
  'greek',
  'hungarian',
  'italian',
  'norwegian',
  'portuguese',
  'romanian',
  'russian',
  'spanish',
  'swedish',
  'turkish',
]);
export type SearchLanguage = z.infer<typeof SearchLanguage>;

export const RoomSettings = z.object({
  /** Search finds other forms of a word in this language, beside the word as it stands. */
  language: SearchLanguage,
  /** Links in messages are shown with title, text and site. */
  linkPreviews: z.boolean(),
  /** Days after which messages are deleted; null keeps them. */
  retentionDays: z.number().int().nullable(),
});
export type RoomSettings = z.infer<typeof RoomSettings>;

const tag = 'Rooms';

export const getRoomSettings = defineOperation({
  name: 'room_settings.get',
  summary: 'Settings of a room: language of search, link previews, retention',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/settings' },
  socket: 'get_room_settings',
  input: z.object({ roomId: RoomKey }),
  output: RoomSettings,
  permission: 'signed_in',
  effect: 'read',
});

export const updateRoomSettings = defineOperation({
  name: 'room_settings.update',
  summary: 'Change settings of a room (owner or admin of the room; retention: its owner)',
  tag,
  rest: { method: 'patch', path: '/api/rooms/:roomId/settings' },
  socket: 'update_room_settings',
  input: z.strictObject({
    roomId: RoomKey,
    language: SearchLanguage.optional(),
    linkPreviews: z.boolean().optional(),
    retentionDays: z.number().int().min(1).max(3650).nullable().optional(),
  }),
  output: RoomSettings,
  permission: 'signed_in',
  effect: 'reversible',
});
