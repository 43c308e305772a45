// Stands in for the parsers of raw HTML that Streamdown would bring along (60 kB compressed). Raw HTML in an
// answer is shown as text, so nothing here must ever parse or pass any; see the alias in vite.config.ts.

export default function noHtml(): void {}

/** What rehype-sanitize exports beside its plugin. */
export const defaultSchema = {};
