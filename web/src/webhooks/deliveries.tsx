// What a webhook sent: state, tries, what was in it, and sending it once more.
import { Button } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { FoldRow } from '../parts/fold-row.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatFull, formatMoment } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';
import styles from './webhooks.module.css';

type Webhook = ReplyOf<'list_webhooks'>['data'][number];
type Delivery = ReplyOf<'list_webhook_deliveries'>['data'][number];

const keyOf = (webhookId: string) => ['webhook-deliveries', webhookId];
/** The server tells no page of tries: it is asked while something is under way, and now and then otherwise. */
const BUSY_MS = 2000;
const CALM_MS = 15_000;

export function Deliveries({ webhook }: { webhook: Webhook }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: keyOf(webhook.id),
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_webhook_deliveries',
        { webhookId: webhook.id, limit: 20, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages[0]?.data.some(({ status }) => status === 'pending') ? BUSY_MS : CALM_MS,
  });
  const deliveries = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className={tools.part} aria-label="Deliveries">
      <h3>Deliveries</h3>
      {stateOf({ query, what: 'deliveries' }) ??
        (deliveries.length === 0 ? (
          <p className={tools.quiet}>Nothing was sent yet.</p>
        ) : (
          <ul className={tools.rows}>
            {deliveries.map((delivery) => (
              <DeliveryRow key={delivery.id} delivery={delivery} webhook={webhook} />
            ))}
          </ul>
        ))}
      <MoreButton query={query}>Show older</MoreButton>
    </section>
  );
}

function stateWords({ status, attempts, nextAt, lastStatus, lastError }: Delivery): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  const last = lastStatus === undefined ? lastError : `answered ${lastStatus}`;
  if (status === 'delivered') return `Delivered, ${tries}`;
  if (status === 'failed') return `Given up after ${tries}${last === undefined ? '' : `: ${last}`}`;
  if (attempts === 0) return 'On its way';
  return `${tries}${last === undefined ? '' : `, ${last}`}${nextAt === undefined ? '' : `; next ${formatMoment(nextAt)}`}`;
}

function DeliveryRow({ delivery, webhook }: { delivery: Delivery; webhook: Webhook }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const replay = useMutation({
    mutationFn: () =>
      client.call('replay_webhook_delivery', { webhookId: webhook.id, deliveryId: delivery.id }),
    onError: (error) => tell('Could not send it again', error),
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(webhook.id) }),
  });
  return (
    <FoldRow
      title={delivery.type.replaceAll('_', ' ')}
      about={
        <span className={styles.state} data-state={delivery.status}>
          {stateWords(delivery)}
        </span>
      }
      side={
        <time dateTime={delivery.createdAt} title={formatFull(delivery.createdAt)}>
          {formatMoment(delivery.createdAt)}
        </time>
      }
      actions={
        <Button
          size="compact-xs"
          variant="default"
          loading={replay.isPending}
          disabled={delivery.status === 'pending'}
          onClick={() => replay.mutate()}
        >
          Send again
        </Button>
      }
    >
      <dl className={tools.inputs}>
        <dt>webhook-id</dt>
        <dd>{delivery.messageId}</dd>
        <dt>entry</dt>
        <dd>no. {delivery.seq} of the room</dd>
        {delivery.lastError !== undefined && (
          <>
            <dt>last error</dt>
            <dd>{delivery.lastError}</dd>
          </>
        )}
      </dl>
      <Payload roomId={webhook.roomId} seq={delivery.seq} />
    </FoldRow>
  );
}

/** What it carries: the entry of the room's log, with the message as it stands now. */
function Payload({ roomId, seq }: { roomId: string; seq: number }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['room-entry', roomId, seq],
    queryFn: async ({ signal }) => {
      const { events } = await client.call(
        'list_events',
        { roomId, afterSeq: seq - 1, limit: 1 },
        { signal },
      );
      return events[0] ?? null;
    },
  });
  return (
    stateOf({ query, what: 'what was in it', missing: 'The entry is gone.' }) ??
    (query.data === null ? (
      <p className={tools.quiet}>The entry is no longer kept.</p>
    ) : (
      <pre className={tools.raw}>{JSON.stringify(query.data, undefined, 2)}</pre>
    ))
  );
}
