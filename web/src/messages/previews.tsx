// What linked pages say of themselves, as the server found it. Plain words; nothing is loaded from anywhere.
import type { ChatMessage } from '@parley/client';
import styles from './previews.module.css';

interface PreviewsProps {
  previews: NonNullable<ChatMessage['previews']> | undefined;
  tabIndex: 0 | -1;
}

export function Previews({ previews = [], tabIndex }: PreviewsProps) {
  return previews
    .filter(({ url }) => /^https?:/i.test(url))
    .map(({ url, title, description, siteName }) => (
      <a
        key={url}
        className={styles.preview}
        href={url}
        target="_blank"
        rel="noopener noreferrer nofollow"
        tabIndex={tabIndex}
      >
        <span className={styles.site}>{siteName ?? new URL(url).hostname}</span>
        <span className={styles.title}>{title}</span>
        {description !== undefined && <span className={styles.about}>{description}</span>}
      </a>
    ));
}
