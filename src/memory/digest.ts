// What is made of memories: an episode of turns and facts, a card of a person and notes of facts, each citing what it was made from.
// Pure. Must never say what was not said, nor be older or wider known than any of its grounds.
import type { MemorySource, NewMemory } from './keeper.ts';
import type { Lesson } from './slots.ts';
import { importanceOf } from './worth.ts';

/** A turn or fact of one room, opened. */
export interface Ground {
  id: string;
  content: string;
  importance: number;
  occurredAt: Date;
  dueAt: Date | null;
  sensitive: boolean;
  evidence: readonly string[];
  speakerId: string | null;
  speakerName: string;
  subjectId: string | null;
  lesson: Lesson | undefined;
}

export interface Digest {
  input: NewMemory;
  source: MemorySource;
}

/** An exchange shorter than this is no episode. */
const EPISODE_TURNS = 6;
/** A longer one is several. */
const MOST_TURNS = 200;
const EPISODE_LINES = 3;
const LINE_CHARS = 200;
const CARD_FACTS = 8;
const NOTE_LINES = 12;
const MAX_CHARS = 4000;
/** Without a word for so long, an exchange is over. */
const PAUSE_MS = 3 * 3_600_000;

/** Turns, oldest first, by exchange. */
export function exchangesOf(turns: readonly Ground[]): Ground[][] {
  const exchanges: Ground[][] = [];
  let last: Ground[] | undefined;
  for (const turn of turns) {
    const before = last?.at(-1);
    const goesOn =
      before !== undefined && turn.occurredAt.getTime() - before.occurredAt.getTime() <= PAUSE_MS;
    if (last === undefined || !goesOn || last.length >= MOST_TURNS) {
      last = [];
      exchanges.push(last);
    }
    last.push(turn);
  }
  return exchanges.filter(({ length }) => length >= EPISODE_TURNS);
}

/** The weightiest lines of an exchange, in their order and words. */
export function episodeOf(turns: readonly Ground[], facts: readonly Ground[], roomId: string): Digest {
  const best = turns
    .map((turn, i) => ({ turn, i, weight: importanceOf(turn.content) }))
    .sort((a, b) => b.weight - a.weight || a.i - b.i)
    .slice(0, EPISODE_LINES)
    .sort((a, b) => a.i - b.i);
  const names = [...new Set(turns.map(({ speakerName }) => speakerName))].join(', ');
  const lines = best.map(
    ({ turn }) => `${turn.speakerName}: ${turn.content.replace(/\s+/g, ' ').slice(0, LINE_CHARS)}`,
  );
  const cited = new Set(turns.map(({ id }) => id));
  const drawn = facts.filter(({ evidence }) => evidence.some((id) => cited.has(id)));
  const day = (turns[0] as Ground).occurredAt.toISOString().slice(0, 10);
  return digest([...drawn, ...turns], roomId, {
    content: `${day}, ${names} talked. ${lines.join(' | ')}`,
    layer: 'episode',
    memoryType: 'conversation',
  });
}

/** What is known of one person, the weightiest first to be kept, and what lies ahead for him. */
export function cardOf(
  facts: readonly Ground[],
  person: string,
  roomId: string,
  now: Date,
): Digest | undefined {
  const known = facts.filter(({ lesson }) => lesson === undefined);
  if (known.length === 0) return undefined;
  const name = known.find(({ speakerId }) => speakerId === person)?.speakerName;
  if (name === undefined) return undefined;
  const chosen = new Set(
    known
      .toSorted(
        (a, b) =>
          b.importance - a.importance || b.occurredAt.getTime() - a.occurredAt.getTime() || byId(a, b),
      )
      .slice(0, CARD_FACTS),
  );
  const shown = known.filter((fact) => chosen.has(fact));
  const ahead = (fact: Ground): string =>
    fact.dueAt !== null && fact.dueAt > now ? ` (by ${fact.dueAt.toISOString().slice(0, 10)})` : '';
  return digest(
    shown,
    roomId,
    {
      content: `${name} in short: ${shown.map((fact) => fact.content + ahead(fact)).join('; ')}`,
      layer: 'relationship',
      memoryType: 'preference',
      slot: 'card',
      validFrom: now,
    },
    person,
  );
}

/** How people want things done, one note a person, and how things are done, one note a thing. */
export function notesOf(facts: readonly Ground[], roomId: string, now: Date): Digest[] {
  const lessons = facts.flatMap((fact) =>
    fact.lesson === undefined || fact.speakerId === null ? [] : [{ fact, lesson: fact.lesson }],
  );
  const notes: Digest[] = [];
  const wishes = lessons.filter(({ lesson }) => lesson.of === 'wish');
  for (const [person, all] of Map.groupBy(wishes, ({ fact }) => fact.speakerId as string)) {
    const of = all.slice(-NOTE_LINES);
    const name = (of[0] as (typeof of)[number]).fact.speakerName;
    const content = `When answering ${name}: ${of.map(({ lesson }) => lesson.text).join('; ')}`;
    notes.push(note(of, content, 'note:wishes', person));
  }
  const ways = Map.groupBy(lessons, ({ lesson }) => (lesson.of === 'how_to' ? lesson.topic : ''));
  for (const [topic, all] of ways) {
    if (topic === '') continue;
    const of = all.slice(-NOTE_LINES);
    const steps = of.map(({ fact, lesson }) => `${lesson.text} (${fact.speakerName})`);
    notes.push(note(of, `How to ${topic}: ${steps.join('; ')}`, `note:how_to:${topic}`, undefined));
  }
  return notes;

  function note(
    of: readonly { fact: Ground }[],
    content: string,
    slot: string,
    person: string | undefined,
  ): Digest {
    const grounds = of.map(({ fact }) => fact);
    return digest(
      grounds,
      roomId,
      { content, layer: 'note', memoryType: 'skill', slot, validFrom: now },
      person,
    );
  }
}

function digest(grounds: readonly Ground[], roomId: string, input: NewMemory, person?: string): Digest {
  const oldest = Math.min(...grounds.map(({ occurredAt }) => occurredAt.getTime()));
  return {
    input: {
      ...input,
      content: input.content.slice(0, MAX_CHARS),
      trust: 'extracted',
      consent: 'granted',
      // Who came later knows no more of it than of its oldest ground.
      occurredAt: new Date(oldest),
      importanceScore: Math.max(...grounds.map(({ importance }) => importance)),
      // What quotes something delicate is delicate; else its own words decide.
      ...(grounds.some(({ sensitive }) => sensitive) ? { sensitive: true } : {}),
      evidence: grounds.map(({ id }) => id),
    },
    source: { roomId, ...(person === undefined ? {} : { speakerId: person, subjectId: person }) },
  };
}

const byId = (a: Ground, b: Ground): number => (a.id < b.id ? -1 : 1);
