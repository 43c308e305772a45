// Every module's tables in one interface, so that Kysely can join them. Types only.
import type { IdentityTables } from '../../server/identity/tables.ts';
import type { MessagesTables } from '../../server/messages/tables.ts';
import type { RoomsTables } from '../../server/rooms/tables.ts';

export interface Tables extends IdentityTables, RoomsTables, MessagesTables {}
