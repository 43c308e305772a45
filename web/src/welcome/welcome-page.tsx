// A new administrator's first minutes: five things to do, each a press away, gone when they are done or not wanted.
import { Button, CopyButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { CreateAgentDialog } from '../agents/create-agent-dialog.tsx';
import { PageFrame } from '../layout/page-frame.tsx';
import { useTell } from '../parts/notices.tsx';
import { goTo, goToHref, tabHref } from '../parts/route.ts';
import { CreateRoomDialog } from '../rooms/create-room-dialog.tsx';
import { useClient, useMe } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';
import { putAway, type StepName, useSteps } from './use-steps.ts';
import styles from './welcome.module.css';

export function WelcomePage({ onRooms }: { onRooms(): void }) {
  const me = useMe();
  const { done, left, isReady } = useSteps(true);
  const [dialog, setDialog] = useState<'room' | 'agent'>();
  return (
    <PageFrame
      title="First steps"
      about={
        !isReady ? undefined : left === 0 ? 'All done' : left === 1 ? 'One thing left' : `${left} things left`
      }
      onRooms={onRooms}
    >
      <h2 className={styles.hello}>Good to see you, {me.name.split(' ')[0]}.</h2>
      <p className={styles.lead}>
        This server is yours. A few minutes are enough to see what it does; nothing here has to be done now.
      </p>
      <ol className={styles.steps}>
        <Step name="hello" done={done} title="Say hello to @parley">
          <p>An agent that is there from the start. Ask it what it can do, or to work something out.</p>
          <Hello />
        </Step>
        <Step name="invite" done={done} title="Bring someone along">
          <p>Send them this address. They sign in with their name and find you in the lobby.</p>
          <Address />
        </Step>
        <Step name="room" done={done} title="Make a room">
          <p>For a subject, a team, a project. Public ones are found by everybody here.</p>
          <Button size="sm" variant="default" onClick={() => setDialog('room')}>
            New room
          </Button>
        </Step>
        <Step name="agent" done={done} title="Make an agent of your own">
          <p>Tell it what it is for, choose when it may speak, and invite it to the room.</p>
          <Button size="sm" variant="default" onClick={() => setDialog('agent')}>
            New agent
          </Button>
        </Step>
        <Step name="model" done={done} title="Let agents think with a model">
          <p>
            Without a key they answer from a built-in script. Set one of these where the server starts, then
            start it again:
          </p>
          <pre className={tools.raw}>
            {'ANTHROPIC_API_KEY=sk-ant-… npm start\nOPENAI_API_KEY=sk-… npm start'}
          </pre>
          <Button size="sm" variant="default" component="a" href={tabHref('admin', 'server')}>
            What is set now
          </Button>
        </Step>
      </ol>
      <Button
        variant="subtle"
        color="gray"
        mt="lg"
        onClick={() => {
          putAway.write(me.id);
          goToHref('#/');
        }}
      >
        {left === 0 ? 'Put this page away' : 'I know my way, put this page away'}
      </Button>
      <CreateRoomDialog opened={dialog === 'room'} onClose={() => setDialog(undefined)} />
      <CreateAgentDialog opened={dialog === 'agent'} onClose={() => setDialog(undefined)} />
    </PageFrame>
  );
}

interface StepProps {
  name: StepName;
  done: Record<StepName, boolean>;
  title: string;
  children: ReactNode;
}

function Step({ name, done, title, children }: StepProps) {
  return (
    <li className={styles.step} data-done={done[name] || undefined}>
      <span className={styles.mark} aria-hidden="true">
        {done[name] && <IconCheck size={18} stroke={2.4} />}
      </span>
      <div className={styles.words}>
        <h3>
          {title}
          {done[name] && <span className="reader-only">, done</span>}
        </h3>
        {children}
      </div>
    </li>
  );
}

function Hello() {
  const client = useClient();
  const tell = useTell();
  const [isBusy, setBusy] = useState(false);
  async function open() {
    setBusy(true);
    try {
      const parley = await client.call('get_user', { userId: 'parley' });
      goTo(await client.rooms.openDirect([parley.id]));
    } catch (error) {
      tell('Could not open a room with Parley', error);
      setBusy(false);
    }
  }
  return (
    <Button size="sm" variant="default" loading={isBusy} onClick={open}>
      Open a room with it
    </Button>
  );
}

function Address() {
  const address = globalThis.location.origin;
  return (
    <div className={styles.address}>
      <code>{address}</code>
      <CopyButton value={address}>
        {({ copied, copy }) => (
          <Button size="sm" variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
