// An agent's memories, indexed in the process: words in windows, meanings, sessions, speakers, facts. Pure: no clock, no database.
// Must never hold what its agent may not know; what an answer's readers may know is asked of `visible` at every search.
import { wordsOf } from './embed-words.ts';

export interface IndexedMemory {
  id: string;
  layer: 'turn' | 'fact' | 'episode' | 'relationship' | 'note';
  text: string;
  /** Who said it, by name; indexed with the words. */
  speaker?: string | undefined;
  roomId: string | undefined;
  /** When it was said, in ms since 1970. */
  at: number;
  /** Ids of the memories it was made from. */
  evidence: readonly string[];
  vector: Float32Array | undefined;
}

export interface Scores {
  id: string;
  at: number;
  channels: Readonly<Record<string, number>>;
}

export interface SearchOptions {
  query: string;
  vector: Float32Array | undefined;
  /** Whether an item may be used at all; what it refuses does not weigh in any score either. */
  visible: (id: string) => boolean;
}

export interface RecallIndex {
  readonly size: number;
  /** Adds or replaces. */
  put(memory: IndexedMemory): void;
  remove(id: string): void;
  search(options: SearchOptions): Scores[];
}

/** A turn this long after the last one of its room begins another session. */
const SESSION_GAP_MS = 3 * 3_600_000;
/** Words of a question beyond which the share that is found counts as of so many. */
const MOST_ASKED = 12;
const K1 = 1.2;
const B = 0.75;
/** Share of a neighbour's words in a window whose own turn counts 1: a turn twice, its neighbours once. */
const NEIGHBOUR = 0.5;

interface Doc extends IndexedMemory {
  terms: Map<string, number>;
  length: number;
  speakerKeys: readonly string[];
  session: number;
  prev: number;
  next: number;
}

interface Session {
  docs: Set<number>;
}

export function createRecallIndex(): RecallIndex {
  const ordinals = new Map<string, number>();
  const docs: (Doc | undefined)[] = [];
  const free: number[] = [];
  const postings = new Map<string, Map<number, number>>();
  /** Turns of each room in the order they were said. */
  const rooms = new Map<string, number[]>();
  const sessions = new Map<number, Session>();
  let sessionCount = 0;

  const docAt = (ordinal: number): Doc => docs[ordinal] as Doc;

  function put(memory: IndexedMemory): void {
    remove(memory.id);
    const ordinal = free.pop() ?? docs.length;
    const speakerKeys = keysOf(memory.speaker ?? '');
    const terms = new Map<string, number>();
    for (const key of [...speakerKeys, ...dateKeys(memory), ...keysOf(memory.text)])
      terms.set(key, (terms.get(key) ?? 0) + 1);
    let length = 0;
    for (const count of terms.values()) length += count;
    docs[ordinal] = { ...memory, terms, length, speakerKeys, session: -1, prev: -1, next: -1 };
    ordinals.set(memory.id, ordinal);
    for (const [term, count] of terms) {
      const list = postings.get(term);
      if (list === undefined) postings.set(term, new Map([[ordinal, count]]));
      else list.set(ordinal, count);
    }
    if (memory.layer === 'turn') enter(ordinal);
  }

  function remove(id: string): void {
    const ordinal = ordinals.get(id);
    if (ordinal === undefined) return;
    const doc = docAt(ordinal);
    for (const term of doc.terms.keys()) {
      const list = postings.get(term);
      list?.delete(ordinal);
      if (list?.size === 0) postings.delete(term);
    }
    if (doc.layer === 'turn') {
      const order = rooms.get(doc.roomId ?? '') ?? [];
      order.splice(order.indexOf(ordinal), 1);
      if (doc.prev >= 0) docAt(doc.prev).next = doc.next;
      if (doc.next >= 0) docAt(doc.next).prev = doc.prev;
      sessions.get(doc.session)?.docs.delete(ordinal);
      if (sessions.get(doc.session)?.docs.size === 0) sessions.delete(doc.session);
    }
    ordinals.delete(id);
    docs[ordinal] = undefined;
    free.push(ordinal);
  }

  /** Takes a turn into its room's order and into a session. */
  function enter(ordinal: number): void {
    const doc = docAt(ordinal);
    const room = doc.roomId ?? '';
    const order = rooms.get(room) ?? [];
    rooms.set(room, order);
    let at = order.length;
    while (at > 0 && isAfter(docAt(order[at - 1] as number), doc)) at--;
    order.splice(at, 0, ordinal);
    const before = order[at - 1];
    const after = order[at + 1];
    const near = (other: number | undefined): other is number =>
      other !== undefined && Math.abs(docAt(other).at - doc.at) <= SESSION_GAP_MS;
    if (near(before)) {
      doc.prev = before;
      docAt(before).next = ordinal;
    }
    if (near(after)) {
      doc.next = after;
      docAt(after).prev = ordinal;
    }
    const session = near(before)
      ? docAt(before).session
      : near(after)
        ? docAt(after).session
        : sessionCount++;
    doc.session = session;
    const known = sessions.get(session);
    if (known === undefined) sessions.set(session, { docs: new Set([ordinal]) });
    else known.docs.add(ordinal);
  }

  function search({ query, vector, visible }: SearchOptions): Scores[] {
    const n = docs.length;
    const seen = new Uint8Array(n);
    let turns = 0;
    let turnLength = 0;
    let facts = 0;
    let factLength = 0;
    const sessionLength = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const doc = docs[i];
      if (doc === undefined || !visible(doc.id)) continue;
      seen[i] = 1;
      if (doc.layer === 'turn') {
        turns++;
        turnLength += doc.length;
        sessionLength.set(doc.session, (sessionLength.get(doc.session) ?? 0) + doc.length);
      } else {
        facts++;
        factLength += doc.length;
      }
    }
    const words = queryWords(query);
    const text = new Float64Array(n);
    const fact = new Float64Array(n);
    const matched = new Float64Array(n);
    const bySession = new Map<number, number>();
    const meanTurn = (turnLength / Math.max(1, turns)) * (1 + 2 * NEIGHBOUR);
    const meanFact = factLength / Math.max(1, facts);
    const meanSession = turnLength / Math.max(1, sessionLength.size);
    const windowTf = new Float64Array(n);
    for (const word of words) {
      const list = postings.get(word);
      if (list === undefined) continue;
      const touched: number[] = [];
      const inSession = new Map<number, number>();
      let inFacts = 0;
      const add = (ordinal: number, amount: number) => {
        if (ordinal < 0 || seen[ordinal] === 0) return;
        if (windowTf[ordinal] === 0) touched.push(ordinal);
        windowTf[ordinal] = (windowTf[ordinal] as number) + amount;
      };
      for (const [ordinal, count] of list) {
        if (seen[ordinal] === 0) continue;
        const doc = docAt(ordinal);
        if (doc.layer !== 'turn') {
          inFacts++;
          continue;
        }
        add(ordinal, count);
        add(doc.prev, count * NEIGHBOUR);
        add(doc.next, count * NEIGHBOUR);
        inSession.set(doc.session, (inSession.get(doc.session) ?? 0) + count);
      }
      const idf = inverse(turns, touched.length);
      for (const ordinal of touched) {
        const doc = docAt(ordinal);
        const length = doc.length + NEIGHBOUR * (lengthOf(doc.prev) + lengthOf(doc.next));
        matched[ordinal] = (matched[ordinal] as number) + 1;
        text[ordinal] =
          (text[ordinal] as number) + idf * saturate(windowTf[ordinal] as number, length, meanTurn);
        windowTf[ordinal] = 0;
      }
      const sessionIdf = inverse(sessionLength.size, inSession.size);
      for (const [session, count] of inSession) {
        const part = sessionIdf * saturate(count, sessionLength.get(session) as number, meanSession);
        bySession.set(session, (bySession.get(session) ?? 0) + part);
      }
      if (inFacts > 0) {
        const factIdf = inverse(facts, inFacts);
        for (const [ordinal, count] of list) {
          if (seen[ordinal] === 0) continue;
          const doc = docAt(ordinal);
          if (doc.layer === 'turn') continue;
          matched[ordinal] = (matched[ordinal] as number) + 1;
          fact[ordinal] = (fact[ordinal] as number) + factIdf * saturate(count, doc.length, meanFact);
        }
      }
    }
    return gather({ seen, text, fact, matched, bySession, words, vector });
  }

  const lengthOf = (ordinal: number): number => (ordinal < 0 ? 0 : docAt(ordinal).length);

  function gather(found: {
    seen: Uint8Array;
    text: Float64Array;
    fact: Float64Array;
    matched: Float64Array;
    bySession: Map<number, number>;
    words: string[];
    vector: Float32Array | undefined;
  }): Scores[] {
    const { seen, text, fact, matched, bySession, vector } = found;
    const asked = Math.min(MOST_ASKED, Math.max(1, found.words.length));
    const n = seen.length;
    const named = new Set(found.words);
    const meaning = new Float64Array(n);
    const factMeaning = new Float64Array(n);
    const bestFact = new Float64Array(n);
    const bestMatch = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      if (seen[i] === 0) continue;
      const doc = docAt(i);
      if (vector !== undefined && doc.vector?.length === vector.length) meaning[i] = dot(doc.vector, vector);
      if (doc.layer === 'turn') continue;
      bestFact[i] = fact[i] as number;
      factMeaning[i] = meaning[i] as number;
      for (const id of doc.evidence) {
        const source = ordinals.get(id);
        if (source === undefined || seen[source] === 0) continue;
        bestFact[source] = Math.max(bestFact[source] as number, fact[i] as number);
        bestMatch[source] = Math.max(bestMatch[source] as number, matched[i] as number);
        factMeaning[source] = Math.max(factMeaning[source] as number, meaning[i] as number);
      }
    }
    const scores: Scores[] = [];
    for (let i = 0; i < n; i++) {
      if (seen[i] === 0) continue;
      const doc = docAt(i);
      const isNamed = doc.speakerKeys.some((key) => named.has(key));
      const channels = {
        text: doc.layer === 'turn' ? (text[i] as number) : (fact[i] as number),
        vector: meaning[i] as number,
        session: bySession.get(doc.session) ?? 0,
        speaker: isNamed ? 1 : 0,
        facts: bestFact[i] as number,
        factMeaning: factMeaning[i] as number,
        coverage: Math.max(matched[i] as number, bestMatch[i] as number) / asked,
      };
      scores.push({ id: doc.id, at: doc.at, channels });
    }
    return scores;
  }

  return {
    get size() {
      return ordinals.size;
    },
    put,
    remove,
    search,
  };
}

const isAfter = (a: Doc, b: Doc): boolean => a.at > b.at || (a.at === b.at && a.id > b.id);

const keysOf = (text: string): string[] =>
  wordsOf(text)
    .filter((word) => !word.stop)
    .map((word) => word.key);

function queryWords(query: string): string[] {
  const keys = keysOf(query);
  return [...new Set(keys.length > 0 ? keys : wordsOf(query).map((word) => word.key))];
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);

function dateKeys({ at }: IndexedMemory): string[] {
  const date = new Date(at);
  return keysOf(`${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`);
}

const inverse = (all: number, holding: number): number =>
  Math.log(1 + (all - holding + 0.5) / (holding + 0.5));

/** Okapi BM25's weight of a word that occurs `count` times in so many words (Robertson and Zaragoza, 2009). */
const saturate = (count: number, length: number, mean: number): number =>
  (count * (K1 + 1)) / (count + K1 * (1 - B + (B * length) / Math.max(1, mean)));

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
