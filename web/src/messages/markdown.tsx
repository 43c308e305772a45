// An agent's words as markdown, half-finished or whole. Raw HTML is shown as text, pictures are never fetched,
// and links keep only safe schemes. Loaded as its own chunk; see lazy-markdown.tsx.
import { useState } from 'react';
import { type Components, Streamdown } from 'streamdown';
import styles from './markdown.module.css';

const SAFE_LINK = /^(https?:|mailto:|#)/i;
const safeUrl = (url: string): string => (SAFE_LINK.test(url.trim()) ? url : '');

const components: Components = {
  // The transcript sits under the room's heading, so an answer's headings start below it.
  h1: 'h3',
  h2: 'h4',
  h3: 'h5',
  h4: 'h6',
  h5: 'h6',
  h6: 'h6',
  p: 'p',
  ul: 'ul',
  ol: 'ol',
  li: 'li',
  blockquote: 'blockquote',
  hr: 'hr',
  strong: 'strong',
  sub: 'sub',
  sup: 'sup',
  section: 'section',
  thead: 'thead',
  tbody: 'tbody',
  tr: 'tr',
  // The corner of a table is often empty, and an empty heading is none.
  th: ({ children }) => (children === undefined || children === null ? <td /> : <th>{children}</th>),
  td: 'td',
  inlineCode: ({ children }) => <code>{children}</code>,
  code: 'code',
  a: ({ href, children }) =>
    href === undefined || href === '' ? (
      <span>{children}</span>
    ) : (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ),
  img: ({ alt, src }) => (
    <span className={styles.picture}>
      [picture not loaded: {alt === '' || !alt ? String(src ?? '') : alt}]
    </span>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard
    <section className={styles.scroll} aria-label="Table" tabIndex={0}>
      <table>{children}</table>
    </section>
  ),
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
};

function CodeBlock({ children }: { children?: React.ReactNode }) {
  const [copied, setCopied] = useState(false);
  const copy = (event: React.MouseEvent<HTMLButtonElement>) => {
    const text = event.currentTarget.parentElement?.querySelector('pre')?.textContent ?? '';
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <div className={styles.code}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard */}
      <pre tabIndex={0}>{children}</pre>
      <button type="button" className={styles.copy} onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
        <span className="reader-only"> code</span>
      </button>
    </div>
  );
}

export default function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Streamdown
      className={styles.markdown}
      mode={streaming ? 'streaming' : 'static'}
      parseIncompleteMarkdown={streaming}
      isAnimating={streaming}
      rehypePlugins={NO_PLUGINS}
      urlTransform={safeUrl}
      components={components}
      controls={false}
      linkSafety={LINKS_AS_THEY_ARE}
      dir="auto"
    >
      {text}
    </Streamdown>
  );
}

const NO_PLUGINS: [] = [];
const LINKS_AS_THEY_ARE = { enabled: false };
