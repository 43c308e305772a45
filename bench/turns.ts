// Does the floor controller answer when people did? The five who answer most on each day of a public channel play the agent, and
// it decides about every message by others. Run by `npm run bench:turns -- <folder>`; README.md says how to read it.
import { parseArgs } from 'node:util';
import { EAR_SPAN, type Heard, listen } from '../src/agents/runtime/floor-ear.ts';
import * as limits from '../src/agents/runtime/floor-limits.ts';
import { scoreFloor, termsOf } from '../src/agents/runtime/floor-score.ts';
import { THRESHOLDS } from '../src/agents/runtime/turn-taking.ts';
import { type Day, readDays } from './support/irc-days.ts';
import { type Example, learn } from './support/logistic.ts';
import { table } from './support/report.ts';
import { keepRow } from './support/rows.ts';

const { values, positionals } = parseArgs({
  options: { learn: { type: 'boolean' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('Give the folder of the channel logs: npm run bench:turns -- <folder>');
  process.exit(2);
}
/** The annotation of each day begins here; what is before is what a newcomer could have read. */
const FROM_LINE = 1000;
const PLAYERS = 5;
const GOALS = { f1: 56, balanced: 80, intoOthers: 1 };

interface Decision extends Example {
  day: string;
  features: ReturnType<ReturnType<typeof listen>['about']>;
  /** It names somebody, and not this player: also a command about somebody. */
  toOther: boolean;
}

function decisionsOf(day: Day): Decision[] {
  const players = [...day.answers].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, PLAYERS);
  const decisions: Decision[] = [];
  const heard: Heard[] = [];
  for (const [i, line] of day.lines.entries()) {
    if (line === undefined) continue;
    heard.push(line);
    if (i < FROM_LINE) continue;
    const ear = listen(heard.slice(-EAR_SPAN));
    for (const [player] of players) {
      if (line.authorId === player) continue;
      const features = ear.about(player);
      const isYes = day.answeredBy.get(i)?.has(player) === true;
      const toOther = line.named.length > 0 && !line.named.includes(player);
      decisions.push({ day: day.name, features, terms: termsOf(features), isYes, toOther });
    }
  }
  return decisions;
}

interface Counts {
  yes: number;
  no: number;
  hit: number;
  wrong: number;
  intoOthers: number;
  toOthers: number;
}

function count(decisions: Decision[], speaks: (d: Decision) => boolean): Counts {
  const counts: Counts = { yes: 0, no: 0, hit: 0, wrong: 0, intoOthers: 0, toOthers: 0 };
  for (const decision of decisions) {
    const spoke = speaks(decision);
    counts[decision.isYes ? 'yes' : 'no']++;
    if (spoke) counts[decision.isYes ? 'hit' : 'wrong']++;
    if (decision.toOther) {
      counts.toOthers++;
      if (spoke) counts.intoOthers++;
    }
  }
  return counts;
}

const percent = (part: number, whole: number) => (whole === 0 ? 0 : (100 * part) / whole);
function measures({ yes, no, hit, wrong, intoOthers, toOthers }: Counts) {
  return {
    precision: percent(hit, hit + wrong),
    recall: percent(hit, yes),
    f1: percent(2 * hit, 2 * hit + wrong + yes - hit),
    balanced: (percent(hit, yes) + percent(no - wrong, no)) / 2,
    share: percent(hit + wrong, yes + no),
    intoOthers: percent(intoOthers, toOthers),
  };
}

const days = readDays(folder);
const decisions = days.flatMap(decisionsOf);
const examples = decisions.filter(({ features }) => features.stance !== 'other_named');

if (values.learn === true) {
  const weights = learn(examples);
  const lines = Object.entries(weights).map(
    ([name, w]) => `  ${name.includes(':') ? `'${name}'` : name}: ${w.toFixed(3)},`,
  );
  console.log(`export const WEIGHTS: Readonly<Record<string, number>> = {\n${lines.join('\n')}\n};`);
  process.exit(0);
}

const heldOut = new Map(
  days.map(({ name }) => [name, learn(examples.filter(({ day }) => day !== name))] as const),
);
const isNamed = ({ features }: Decision) => features.stance === 'named';
const isFollowUp = ({ features: { stance, values: v } }: Decision) =>
  stance === 'partner' && (v.near_my_words ?? 0) > 1 - 8 / 20;
const scored = (threshold: number) => (d: Decision) =>
  isNamed(d) || scoreFloor(d.features).score >= threshold;
const scoredHeldOut = (threshold: number) => (d: Decision) =>
  isNamed(d) || scoreFloor(d.features, 0, heldOut.get(d.day)).score >= threshold;

const CONTESTANTS: [string, (d: Decision) => boolean][] = [
  ['mention only', isNamed],
  ['mention or follow-up', (d) => isNamed(d) || isFollowUp(d)],
  ['helpful', scored(THRESHOLDS.helpful)],
  ['helpful, each day unseen', scoredHeldOut(THRESHOLDS.helpful)],
  ['lively', scored(THRESHOLDS.lively)],
  ['lively, each day unseen', scoredHeldOut(THRESHOLDS.lively)],
];

console.log(
  `\nTurns: does this person answer this message?\n  ${days.length} days, the ${PLAYERS} who answer most on each, ${decisions.length.toLocaleString('en')} decisions, ${decisions.filter(({ isYes }) => isYes).length} answers\n  each day unseen: weights learned from the other days only\n`,
);
const one = (n: number) => n.toFixed(1);
const results = CONTESTANTS.map(([name, speaks]) => ({ name, ...measures(count(decisions, speaks)) }));
console.log(
  table(
    ['', 'precision', 'recall', 'F1', 'balanced', 'spoke', 'into talk to others'],
    results.map((r) => [
      r.name,
      one(r.precision),
      one(r.recall),
      one(r.f1),
      one(r.balanced),
      `${one(r.share)} %`,
      `${one(r.intoOthers)} %`,
    ]),
  ),
);
console.log('\nBy day, weights unseen\n');
console.log(
  table(
    ['', 'helpful F1', 'lively F1', 'lively balanced'],
    days.map(({ name }) => {
      const those = decisions.filter(({ day }) => day === name);
      return [
        name,
        one(measures(count(those, scoredHeldOut(THRESHOLDS.helpful))).f1),
        one(measures(count(those, scoredHeldOut(THRESHOLDS.lively))).f1),
        one(measures(count(those, scoredHeldOut(THRESHOLDS.lively))).balanced),
      ];
    }),
  ),
);
console.log('\nLimits that hold whatever the score says\n');
console.log(
  table(
    ['', 'at most'],
    [
      ["agents' messages in a row", `${limits.MAX_HOPS}`],
      ['answers of agents to agents after one act of a person', `${limits.MAX_CHAIN}`],
      [
        "agents' messages after one act of a person, with 1 / 5 / 20 agents in the room",
        [1, 5, 20].map(limits.boundOf).join(' / '),
      ],
      [
        `answers of two agents to each other in ${limits.LIMIT_MINUTES} minutes, in a room`,
        `${limits.PAIR_OF_AGENTS}`,
      ],
      [
        `what an agent says unasked to one person in ${limits.LIMIT_MINUTES} minutes, in a room`,
        `${limits.AGENT_AND_PERSON}`,
      ],
      [`both together, of all agents of a room`, `${limits.WHOLE_ROOM}`],
    ],
  ),
);
const find = (name: string) => results.find((r) => r.name === name) as (typeof results)[number];
const [helpful, lively] = [find('helpful, each day unseen'), find('lively, each day unseen')];
const rows: [string, number, number, boolean][] = [
  ['turns, helpful: F1', helpful.f1, GOALS.f1, helpful.f1 >= GOALS.f1],
  ['turns, lively: F1', lively.f1, GOALS.f1, lively.f1 >= GOALS.f1],
  ['turns, lively: balanced accuracy', lively.balanced, GOALS.balanced, lively.balanced >= GOALS.balanced],
  ['turns: into talk to others', lively.intoOthers, GOALS.intoOthers, lively.intoOthers <= GOALS.intoOthers],
];
for (const [what, measured, goal, met] of rows)
  keepRow({
    what,
    target: `${what.endsWith('others') ? '≤' : '≥'} ${goal} %`,
    measured: `${one(measured)} %`,
    met,
  });
