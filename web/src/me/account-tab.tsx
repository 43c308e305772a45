// Where I am signed in, a copy of what is kept of me, and the way out.
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import { messageOf } from '../parts/errors.ts';
import { endSession } from '../session/session.ts';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './me.module.css';

export function AccountTab() {
  const { me } = useStore(useClient().state);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  return (
    <>
      <section className={fields.section}>
        <h2>Signed in</h2>
        <dl className={fields.facts}>
          <dt>Handle</dt>
          <dd>@{me?.handle}</dd>
          <dt>Role on this server</dt>
          <dd>{me?.role === 'admin' ? 'Administrator' : 'Member'}</dd>
          <dt>Your id</dt>
          <dd className={styles.id}>{me?.id}</dd>
        </dl>
      </section>
      <section className={fields.section}>
        <h2>Sign out for good</h2>
        <p className={fields.hint}>
          Ends this session on the server: whoever has its token is refused from then on, and its connections
          are closed. Sessions of your other devices stay.
        </p>
        <Group gap="sm">
          <Button
            variant="outline"
            color="clay"
            loading={isBusy}
            onClick={() => {
              setBusy(true);
              setError(undefined);
              endSession()
                .catch(setError)
                .finally(() => setBusy(false));
            }}
          >
            End this session
          </Button>
        </Group>
        {error !== undefined && (
          <p role="alert" className={styles.problem}>
            {messageOf(error)}
          </p>
        )}
      </section>
    </>
  );
}
