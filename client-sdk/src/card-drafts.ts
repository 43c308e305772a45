// A card as it is written, made the card that everyone will see: what was left out is what the server would put there.
// Must never check a card: the server does.
import type { CardDraft } from './api-room.ts';
import type { Card } from './wire.ts';

type Block = CardDraft['blocks'][number];

export const toCard = ({ blocks, ...card }: CardDraft): Card => ({ ...card, blocks: blocks.map(toBlock) });

function toBlock(block: Block): Card['blocks'][number] {
  switch (block.type) {
    case 'buttons':
      return {
        ...block,
        buttons: block.buttons.map((button) => ({ style: 'default', mode: 'many', ...button })),
      };
    case 'select':
      return { multiple: false, mode: 'many', ...block };
    case 'form':
      return {
        submit: 'Send',
        mode: 'many',
        ...block,
        fields: block.fields.map((field) => ({ required: false, ...field })),
      };
    default:
      return block;
  }
}
