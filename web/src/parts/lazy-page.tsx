// Pages and dialogs that are fetched when they are first opened: bars in a page's place while it comes, words and a way on
// where it does not. Must never leave a blank page behind, also where the page's own code fails.
import { Button, Group } from '@mantine/core';
import { Component, type ComponentType, lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { EmptyState } from './empty-state.tsx';
import styles from './lazy-page.module.css';

type Load<P> = () => Promise<ComponentType<P>>;

export const lazyPage = <P extends object>(load: Load<P>) => fetched(load, 'page');

/**
 * Nothing is fetched or shown until it is first opened; then it stays. It is drawn closed once before it opens: a dialog gives the
 * focus back to what had it when it opened, and notices that only as a change.
 */
export function lazyDialog<P extends { opened: boolean }>(load: Load<P>): ComponentType<P> {
  const Dialog = fetched<P>(async () => {
    const Loaded = await load();
    return function FirstClosed(props: P) {
      const [drawn, setDrawn] = useState(false);
      useEffect(() => setDrawn(true), []);
      return <Loaded {...props} opened={props.opened && drawn} />;
    };
  }, 'dialog');
  return function LazyDialog(props: P) {
    const [wasOpened, setWasOpened] = useState(props.opened);
    if (props.opened && !wasOpened) setWasOpened(true);
    return wasOpened ? <Dialog {...props} /> : null;
  };
}

function fetched<P extends object>(load: Load<P>, what: 'page' | 'dialog'): ComponentType<P> {
  const begin = () => lazy(async () => ({ default: await load() }));
  // Kept for all who open it; a failed one is replaced, for React would remember the failure.
  let current = begin();
  return function Fetched(props: P) {
    const [Shown, setShown] = useState(() => current);
    const again = () => {
      current = begin();
      setShown(() => current);
    };
    return (
      <Boundary what={what} onRetry={again}>
        <Suspense fallback={what === 'page' && <Skeleton />}>
          <Shown {...props} />
        </Suspense>
      </Boundary>
    );
  };
}

function Skeleton() {
  return (
    <div className={styles.skeleton}>
      <p className="reader-only" role="status">
        Opening the page…
      </p>
      <div className={styles.head} aria-hidden="true">
        <span />
      </div>
      <div className={styles.body} aria-hidden="true">
        <span />
        <span />
        <span />
        <span />
      </div>
    </div>
  );
}

interface BoundaryProps {
  what: 'page' | 'dialog';
  onRetry(): void;
  children: ReactNode;
}

class Boundary extends Component<BoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    const { what, onRetry, children } = this.props;
    if (!this.state.failed) return children;
    return (
      <div className={styles[what]}>
        <EmptyState
          title={`This ${what} could not be opened`}
          tone="problem"
          heads={what === 'page'}
          actions={
            <Group gap="xs">
              <Button
                onClick={() => {
                  onRetry();
                  this.setState({ failed: false });
                }}
              >
                Try again
              </Button>
              <Button variant="default" onClick={() => globalThis.location.reload()}>
                Reload everything
              </Button>
            </Group>
          }
        >
          Part of it did not arrive. If the server was updated meanwhile, reload; unsent messages are kept.
        </EmptyState>
      </div>
    );
  }
}
