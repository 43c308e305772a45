// The two pages of signing in at an MCP server: one to begin on, one to come back to. They work without the console, run no
// script but their own, and show nothing that a stranger wrote without escaping it.

/** What became of a consent. */
export type ConsentOutcome =
  | 'connected'
  | 'refused'
  | 'expired'
  | 'other_browser'
  | 'signed_out'
  | 'gone'
  | 'failed';

const WORDS: Record<ConsentOutcome, { status: number; title: string; next: string }> = {
  connected: {
    status: 200,
    title: 'Signed in',
    next: 'You may close this page. Ask the server for its tools, agree to those your agents may use, and ask your agent again.',
  },
  refused: {
    status: 400,
    title: 'Not signed in',
    next: 'The other server says that consent was not given. Nothing was changed here. Begin again if that was not what you meant.',
  },
  expired: {
    status: 410,
    title: 'This sign-in is over',
    next: 'It was used already, took longer than ten minutes, or another one was begun after it. Begin again.',
  },
  other_browser: {
    status: 403,
    title: 'Begun in another browser',
    next: 'A sign-in ends in the browser, and under the address, in which it was begun; if you did not begin it yourself, somebody may have sent you here to use your account. Nothing was changed.',
  },
  signed_out: {
    status: 403,
    title: 'You are not signed in any more',
    next: 'The session in which this was begun has ended. Sign in here, then begin again.',
  },
  gone: {
    status: 404,
    title: 'The server is not there any more',
    next: 'It was deleted or switched off while you were away. Connect it again, then sign in.',
  },
  failed: {
    status: 502,
    title: 'Signing in did not work',
    next: 'Nothing was changed here. Begin again; if it happens again, ask whoever runs the other server.',
  },
};

export const SCRIPT_PATH = '/api/mcp/oauth/connect.js';

export function outcomePage(outcome: ConsentOutcome, about: { server?: string; why?: string } = {}) {
  const { status, title, next } = WORDS[outcome];
  const server = about.server === undefined ? '' : `<p>Server: <b>${escaped(about.server)}</b></p>`;
  const why = about.why === undefined ? '' : `<p>${escaped(about.why)}</p>`;
  const body = `<h1>${title}</h1>${server}${why}<p>${next}</p><p><a href="/">Go to the rooms</a></p>`;
  return { status, type: 'html' as const, text: page(title, body) };
}

export const connectPage = () => ({
  status: 200,
  type: 'html' as const,
  text: page(
    'Sign in at an MCP server',
    `<h1>Sign in at an MCP server</h1><p id="say" role="status">One moment…</p><noscript><p>This page needs JavaScript.</p></noscript><button id="go" type="button" hidden>Continue</button><script src="${SCRIPT_PATH}"></script>`,
  ),
});

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${title} · Parley</title><body style="font:16px/1.6 system-ui;margin:4rem auto;max-width:34rem;padding:0 1rem"><main>${body}</main></body></html>`;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] as string);

/** Begins with the session that the console keeps in this browser, and only when its person says so. */
export const connectScript = () => ({
  status: 200,
  type: 'js' as const,
  text: `(async () => {
  const say = (text) => { document.getElementById('say').textContent = text; };
  const go = document.getElementById('go');
  const id = new URLSearchParams(location.search).get('server') ?? '';
  let token;
  try { token = JSON.parse(localStorage.getItem('parley.session') ?? 'null')?.token; } catch {}
  if (typeof token !== 'string') return say('Sign in here first, in this browser, then open this page again.');
  const ask = async (method) => {
    const response = await window.fetch('/api/mcp/servers/' + encodeURIComponent(id) + '/oauth', {
      method,
      headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    return answer;
  };
  try {
    const server = await ask('GET');
    say('Your agents use the server "' + server.serverName + '" at ' + new URL(server.url).host + '. Go on to sign in there and say what they may do in your name.');
    go.hidden = false;
    go.onclick = async () => {
      go.disabled = true;
      try { location.assign((await ask('POST')).authorizationUrl); }
      catch (error) { say(error.message); go.disabled = false; }
    };
  } catch (error) { say(error.message); }
})();
`,
});
