// A list of the server's, fetched page by page while somebody follows it, and anew whenever it may have changed meanwhile.
// Must never know what its items mean.
import type { CallOptions, Off } from './api.ts';
import type { ListSnapshot } from './api-personal.ts';
import { toParleyError } from './error.ts';
import { createStore, sameFields, sameList, type WritableStore } from './store.ts';

export interface Page<T> {
  data: readonly T[];
  nextCursor?: string | undefined;
}

export interface PagedList<S> {
  readonly store: WritableStore<S>;
  follow(): Off;
  refresh(options?: CallOptions): Promise<void>;
  loadMore(options?: CallOptions): Promise<void>;
  /** Changes what is shown; a fetch under way is followed by another, for its answer may not have it. */
  change(how: (snapshot: S) => S): void;
  /** Something changed that only a fetch can show. Does nothing while nobody follows. */
  invalidate(): void;
  /** A fetch is under way. */
  busy(): boolean;
  /** Connected. */
  opened(): void;
  /** Nothing of it is true for another user. */
  forget(): void;
}

/** A refresh fetches again what was loaded, at most so many pages. */
const MAX_PAGES = 10;

export function createPagedList<T, S extends ListSnapshot<T>, P extends Page<T>>(parts: {
  empty: S;
  fetch(cursor: string | undefined, options?: CallOptions): Promise<P>;
  /** What a page says besides its items. */
  adopt?(page: P): Partial<S>;
  /** Connected, so that a fetch has a chance. */
  isUp(): boolean;
}): PagedList<S> {
  const store = createStore<S>(parts.empty);
  let cursor: string | undefined;
  let generation = 0;
  let followers = 0;
  let stale = false;
  let refreshing: Promise<void> | undefined;
  let loading: Promise<void> | undefined;

  const set = (change: Partial<ListSnapshot<T>>, more: Partial<S> = {}) =>
    store.set({ ...store.getSnapshot(), ...change, ...more });

  async function fetchLoaded(options?: CallOptions): Promise<void> {
    const mine = generation;
    if (store.getSnapshot().status !== 'ready') set({ status: 'loading' });
    try {
      let answer = await fetchPages(options);
      while (stale && mine === generation) answer = await fetchPages(options);
      if (mine !== generation) return;
      cursor = answer.next;
      const { error: _, ...rest } = store.getSnapshot();
      const next = {
        ...(rest as S),
        status: 'ready' as const,
        items: keepSame(rest.items, answer.items),
        hasMore: cursor !== undefined,
        ...answer.more,
      };
      if (!sameFields(store.getSnapshot(), next)) store.set(next);
    } catch (thrown) {
      const error = toParleyError(thrown);
      // A lost connection is followed by another, and that by another fetch.
      if (mine === generation && error.code !== 'disconnected') set({ status: 'error', error });
      throw error;
    }
  }

  async function fetchPages(options?: CallOptions) {
    stale = false;
    const wanted = store.getSnapshot().items.length;
    let items: readonly T[] = [];
    let next: string | undefined;
    let more: Partial<S> = {};
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await parts.fetch(next, options);
      if (pages === 0) more = parts.adopt?.(page) ?? {};
      items = [...items, ...page.data];
      next = page.nextCursor;
      if (next === undefined || items.length >= wanted) break;
    }
    return { items, next, more };
  }

  async function fetchMore(options?: CallOptions): Promise<void> {
    const mine = generation;
    await refreshing?.catch(() => {});
    const from = cursor;
    if (from === undefined || mine !== generation) return;
    set({ loadingMore: true });
    try {
      const page = await parts.fetch(from, options);
      if (mine !== generation || cursor !== from) return;
      cursor = page.nextCursor;
      const { items } = store.getSnapshot();
      set({ items: [...items, ...page.data], hasMore: cursor !== undefined });
    } finally {
      if (mine === generation) set({ loadingMore: false });
    }
  }

  const list: PagedList<S> = {
    store,
    refresh(options) {
      if (refreshing !== undefined) return refreshing;
      const run = fetchLoaded(options).finally(() => {
        if (refreshing === run) refreshing = undefined;
      });
      refreshing = run;
      return run;
    },
    loadMore(options) {
      if (loading !== undefined) return loading;
      const run = fetchMore(options).finally(() => {
        if (loading === run) loading = undefined;
      });
      loading = run;
      return run;
    },
    follow() {
      followers += 1;
      if (followers === 1 && parts.isUp()) list.refresh().catch(() => {});
      let released = false;
      return () => {
        if (!released) followers -= 1;
        released = true;
      };
    },
    change(how) {
      stale = true;
      store.set(how(store.getSnapshot()));
    },
    invalidate() {
      stale = true;
      if (followers > 0 && parts.isUp()) list.refresh().catch(() => {});
    },
    busy: () => refreshing !== undefined,
    opened() {
      if (followers > 0) list.refresh().catch(() => {});
    },
    forget() {
      generation += 1;
      cursor = undefined;
      refreshing = undefined;
      loading = undefined;
      store.set(parts.empty);
    },
  };
  return list;
}

/** The same objects for what stayed the same, so that a row is drawn again only when its own item changed. */
function keepSame<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  const known = new Map(before.map((item) => [JSON.stringify(item), item]));
  const kept = after.map((item) => known.get(JSON.stringify(item)) ?? item);
  return sameList(before, kept) ? before : kept;
}
