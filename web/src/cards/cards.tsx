// The cards of a message: words, fields, buttons, choices, forms. What was pressed is shown to everyone.
import type { RoomHandle, ShownCard } from '@parley/client';
import { CardButtons, CardSelect } from './card-actions.tsx';
import { CardForm } from './card-form.tsx';
import styles from './cards.module.css';
import { type Press, usePress } from './use-press.ts';

interface CardsProps {
  room: RoomHandle;
  messageId: string;
  cards: readonly ShownCard[];
  tabIndex: 0 | -1;
}

export function Cards({ room, messageId, cards, tabIndex }: CardsProps) {
  const press = usePress(room, messageId);
  return cards.map((card, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the cards of a message never change places
    <Card key={index} card={card} press={press} tabIndex={tabIndex} />
  ));
}

function Card({ card, press, tabIndex }: { card: ShownCard; press: Press; tabIndex: 0 | -1 }) {
  return (
    <section className={styles.card} aria-label={card.title ?? 'Card'}>
      {card.title !== undefined && <p className={styles.title}>{card.title}</p>}
      {card.blocks.map((block, index) => {
        const key = `${index}-${block.type}`;
        const common = { states: card.state, press, tabIndex };
        switch (block.type) {
          case 'text':
            return (
              <p key={key} className={styles.text} dir="auto">
                {block.text}
              </p>
            );
          case 'fields':
            return (
              <dl key={key} className={styles.fields}>
                {block.fields.map(({ label, value }) => (
                  <div key={label}>
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            );
          case 'buttons':
            return <CardButtons key={key} buttons={block.buttons} {...common} />;
          case 'select':
            return <CardSelect key={key} block={block} {...common} />;
          case 'form':
            return <CardForm key={key} block={block} {...common} />;
          default:
            // A block of a newer server: the card's own words stand in for it.
            return (
              <p key={key} className={styles.text}>
                {card.fallback}
              </p>
            );
        }
      })}
    </section>
  );
}
