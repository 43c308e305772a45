// Tables of cards, as Kysely sees them. The cards themselves stand with their messages.
import type { ColumnType, Generated } from 'kysely';
import type { CardValue } from './contract.ts';

export interface CardActionsTable {
  id: string;
  tenantId: string;
  roomId: string;
  messageId: string;
  actionId: string;
  /** Chosen by who pressed. */
  pressId: string;
  userId: string;
  value: ColumnType<CardValue | null, string | null, null>;
  /** Of the message, once it showed this. */
  version: number;
  /** Of telling the service that posted the card. */
  tries: Generated<number>;
  toldAt: Date | null;
  /** How the last of these ended. */
  toldStatus: string | null;
  createdAt: Generated<Date>;
}

export interface CardsTables {
  cardActions: CardActionsTable;
}
