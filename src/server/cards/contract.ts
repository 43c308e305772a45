// The wire of cards: what a message may show besides its text, and what people do with it. A card is data that clients draw; it
// holds no code, and its fallback says the same in words.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';

export const MOST_CARDS = 3;
/** Of all cards of a message together, as JSON. */
export const MOST_CARD_CHARS = 16 * 1024;
const MOST_BLOCKS = 20;

const words = (most: number) =>
  z
    .string()
    .max(most, `has at most ${most} characters`)
    .refine((text) => text.trim() !== '', 'needs at least one visible character');

const ActionId = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,59}$/,
    'is 1 to 60 letters, digits, _ . : or -, a letter or digit first',
  );

/** Whom a press shuts out: everyone, who pressed, or nobody. */
const Mode = z
  .enum(['once', 'once_per_user', 'many'])
  .default('many')
  .describe(
    'once: the first press wins for all; once_per_user: one press each; many: as often as people like.',
  );

const Options = (most: number) =>
  z
    .array(z.strictObject({ value: words(100), label: words(80) }))
    .min(1, 'needs at least one option')
    .max(most, `has at most ${most} options`)
    .refine((all) => new Set(all.map(({ value }) => value)).size === all.length, 'needs values that differ');

const TextBlock = z.strictObject({ type: z.literal('text'), text: words(3000) });

const FieldsBlock = z.strictObject({
  type: z.literal('fields'),
  fields: z
    .array(z.strictObject({ label: words(80), value: z.string().max(500, 'has at most 500 characters') }))
    .min(1, 'needs at least one field')
    .max(20, 'has at most 20 fields'),
});

const Button = z.strictObject({
  actionId: ActionId,
  label: words(40),
  /** Goes with a press. */
  value: z.string().max(200, 'has at most 200 characters').optional(),
  style: z.enum(['default', 'primary', 'danger']).default('default'),
  /** Asked before it is pressed. */
  confirm: words(200).optional(),
  mode: Mode,
});

const ButtonsBlock = z.strictObject({
  type: z.literal('buttons'),
  buttons: z.array(Button).min(1, 'needs at least one button').max(10, 'has at most 10 buttons'),
});

const SelectBlock = z.strictObject({
  type: z.literal('select'),
  actionId: ActionId,
  label: words(80).optional(),
  placeholder: words(80).optional(),
  options: Options(50),
  /** Several options at once. */
  multiple: z.boolean().default(false),
  mode: Mode,
});

const FormField = z
  .strictObject({
    name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,39}$/, 'is 1 to 40 letters, digits or _, a letter first'),
    label: words(80),
    type: z.enum(['text', 'multiline', 'number', 'boolean', 'date', 'select']),
    required: z.boolean().default(false),
    /** Of text. */
    maxLength: z.number().int().min(1).max(2000).optional(),
    /** Of a number. */
    min: z.number().optional(),
    max: z.number().optional(),
    /** Of a select. */
    options: Options(50).optional(),
  })
  .refine((field) => (field.type === 'select') === (field.options !== undefined), {
    path: ['options'],
    error: 'belongs to fields of type select, and only to those',
  });
export type FormField = z.output<typeof FormField>;

const FormBlock = z.strictObject({
  type: z.literal('form'),
  actionId: ActionId,
  submit: words(40).default('Send'),
  fields: z
    .array(FormField)
    .min(1, 'needs at least one field')
    .max(20, 'has at most 20 fields')
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'needs names that differ'),
  mode: Mode,
});

const Block = z.discriminatedUnion('type', [TextBlock, FieldsBlock, ButtonsBlock, SelectBlock, FormBlock]);

export const Card = z.strictObject({
  title: words(200).optional(),
  blocks: z
    .array(Block)
    .min(1, 'needs at least one block')
    .max(MOST_BLOCKS, `has at most ${MOST_BLOCKS} blocks`),
  /** The same in words, for clients and models that show no cards. */
  fallback: words(2000),
});
export type Card = z.output<typeof Card>;

const CardValue = z.union([
  z.string(),
  z.array(z.string()),
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
]);
export type CardValue = z.output<typeof CardValue>;

/** What was done with one action of a card. */
const CardState = z.object({
  actionId: z.string(),
  /** Presses in all. */
  count: z.number().int(),
  /** The last of them; of an action that counts once, the one. */
  by: Id,
  at: Timestamp,
  value: CardValue.optional(),
});
export type CardState = z.output<typeof CardState>;

/** As a message shows it. */
export const ShownCard = Card.extend({ state: z.array(CardState).optional() });
export type ShownCard = z.output<typeof ShownCard>;

/** What of a card can be pressed, chosen or sent. */
export type CardAction = z.output<typeof Button> | z.output<typeof SelectBlock> | z.output<typeof FormBlock>;

export const actionsOf = (cards: readonly Card[]): CardAction[] =>
  cards.flatMap(({ blocks }) =>
    blocks.flatMap((block): CardAction[] => {
      if (block.type === 'buttons') return block.buttons;
      return block.type === 'select' || block.type === 'form' ? [block] : [];
    }),
  );

export const Cards = z
  .array(Card)
  .max(MOST_CARDS, `has at most ${MOST_CARDS} cards`)
  .refine(
    (cards) => JSON.stringify(cards).length <= MOST_CARD_CHARS,
    `has at most ${MOST_CARD_CHARS} characters as JSON`,
  )
  .refine((cards) => {
    const ids = actionsOf(cards).map(({ actionId }) => actionId);
    return new Set(ids).size === ids.length;
  }, 'needs an actionId of its own for each action of the message');

export const pressCard = defineOperation({
  name: 'cards.press',
  summary: 'Press a button, choose an option or send a form of a card (members of the room)',
  description:
    'Choose `id` (a UUID) yourself: the same id answers the first result. A button takes no value; a select takes `value`, with `multiple` a list; a form takes `values` by field name. An action that counts once answers 409 `already_taken` with who was first.',
  tag: 'Messages',
  rest: { method: 'post', path: '/api/messages/:messageId/actions' },
  socket: 'card_action',
  input: z.strictObject({
    messageId: Id,
    actionId: z.string().min(1).max(60),
    id: Id,
    value: z.union([z.string().max(100), z.array(z.string().max(100)).max(50)]).optional(),
    values: z
      .record(z.string().max(40), z.union([z.string().max(2000), z.number(), z.boolean()]))
      .refine((values) => Object.keys(values).length <= 20, 'has at most 20 fields')
      .optional(),
  }),
  output: z.object({
    messageId: Id,
    actionId: z.string(),
    id: Id,
    by: Id,
    at: Timestamp,
    value: CardValue.optional(),
    /** Of the message, once it shows this. */
    version: z.number().int(),
  }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'cards.press', points: 120, seconds: 60 },
});
