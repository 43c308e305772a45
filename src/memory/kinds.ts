// The four families of memory, and which one a memory belongs to where nobody says so. Pure.
import type { MemoryKind, MemoryType } from './tables.ts';

const FAMILY: Record<MemoryType, MemoryKind> = {
  conversation: 'episodic',
  fact: 'semantic',
  preference: 'social',
  skill: 'procedural',
};

/** Between people: kin, friends, colleagues, and what they are to each other. */
const RELATION =
  /(?:['’]s|\b(?:my|his|her|their)) (?:wife|husband|partner|spouse|mother|father|mum|mom|dad|parents?|sisters?|brothers?|siblings?|sons?|daughters?|child(?:ren)?|kids?|aunt|uncle|cousins?|niece|nephew|grand\w+|best friend|friends?|girlfriend|boyfriend|boss|manager|colleagues?|neighbou?rs?|teacher|mentor|roommate|flatmate)\b|\b(?:is|are) (?:friends|married|engaged|related)\b/i;

export const kindOf = (memoryType: MemoryType, content: string): MemoryKind =>
  memoryType === 'fact' && RELATION.test(content) ? 'social' : FAMILY[memoryType];
