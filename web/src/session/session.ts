// Who is signed in on this page, and the one client that belongs to them. Lives outside React, so that
// StrictMode's double mounting never opens or closes a connection.
import { type Client, createClient, ParleyError, type Store, signIn, type User } from '@parley/client';

export type Session =
  | { readonly status: 'out'; readonly notice?: string }
  | { readonly status: 'in'; readonly client: Client; readonly user: User };

const KEY = 'parley.session';
const URL_OF_SERVER = '/';

let current: Session = restore();
const listeners = new Set<() => void>();

export const session: Store<Session> = {
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  getSnapshot: () => current,
};

function set(next: Session): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Throws ParleyError with words for the reader. */
export async function enter(name: string): Promise<void> {
  const answer = await signIn(URL_OF_SERVER, name);
  store(JSON.stringify(answer));
  set(open(answer.token, answer.user));
}

export function leave(notice?: string): void {
  if (current.status === 'in') current.client.close();
  store(null);
  set(notice === undefined ? { status: 'out' } : { status: 'out', notice });
}

/** Signs out at the server too: the token is refused from then on. Throws ParleyError where that did not work. */
export async function endSession(): Promise<void> {
  if (current.status !== 'in') return;
  await current.client.request('DELETE /api/session', {});
  leave('You are signed out, and that session has ended on the server.');
}

/** Saves what an address of this server answers as a file. Throws ParleyError. */
export async function download(path: string, name: string): Promise<void> {
  const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { token: string } | null;
  const response = await fetch(path, { headers: { authorization: `Bearer ${kept?.token ?? ''}` } });
  if (!response.ok)
    throw new ParleyError('unavailable', 'not_fetched', `The server answered ${response.status}.`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function open(token: string, user: User): Session {
  const client = createClient({
    url: URL_OF_SERVER,
    getToken({ reason }) {
      if (reason === 'unauthorized')
        throw new ParleyError('unauthorized', 'session_ended', 'Your session has ended.');
      return token;
    },
  });
  client.state.subscribe(() => {
    if (client.state.getSnapshot().status !== 'unauthorized') return;
    // Not inside the client's own notification.
    queueMicrotask(() => {
      if (current.status === 'in' && current.client === client)
        leave('Your session has ended. Sign in again to go on; unsent messages are kept.');
    });
  });
  client.connect();
  return { status: 'in', client, user };
}

function restore(): Session {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { token: string; user: User } | null;
    if (kept !== null && typeof kept.token === 'string' && typeof kept.user?.id === 'string')
      return open(kept.token, kept.user);
  } catch {
    // Blocked storage or something that is not ours: start signed out.
  }
  return { status: 'out' };
}

function store(value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
  } catch {
    // Blocked storage: the session lives as long as the page.
  }
}
