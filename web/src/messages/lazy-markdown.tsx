// Shows plain text at once and the rendered markdown as soon as its chunk has arrived.
import { lazy, Suspense } from 'react';
import styles from './lazy-markdown.module.css';

const Markdown = lazy(() => import('./markdown.tsx'));

export function LazyMarkdown({ text, streaming = false }: { text: string; streaming?: boolean }) {
  return (
    <div className={styles.prose} data-streaming={streaming || undefined}>
      <Suspense fallback={<div className={styles.plain}>{text}</div>}>
        <Markdown text={text} streaming={streaming} />
      </Suspense>
    </div>
  );
}
