// The local embedder must tell what belongs together from what does not, the same way everywhere.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { similarity } from '../../src/memory/embed.ts';
import { createLocalEmbedder } from '../../src/memory/embed-local.ts';

const embedder = createLocalEmbedder();

async function cosine(a: string, b: string): Promise<number> {
  const [x, y] = await embedder.embed([a, b]);
  return similarity(x as Float32Array, y as Float32Array);
}

/** A sentence, one that says nearly the same, one about something else. */
const TABLE = [
  [
    "Sam's favourite colour is teal",
    "what is Sam's favorite color?",
    'The build server runs out of disk space',
  ],
  ['Mia adopted a puppy last week', 'When did Mia adopt her dog?', 'The invoice is due on Friday'],
  [
    'Our deployment fails with a timeout error',
    'the deployments are failing, timing out with errors',
    'I baked bread',
  ],
  ['He is allergic to peanuts', 'Does he have a peanut allergy?', 'She plays the violin in an orchestra'],
  ['We booked a trip to Lisbon in May', 'Lisbon vacation booking', 'My laptop needs a new battery'],
  ['Jon works as a nurse at the city hospital', "What is Jon's job?", 'Rain is expected over the weekend'],
  [
    'The meeting was moved to Thursday at noon',
    'when is the meeting on thursday',
    'I like hiking in the mountains',
  ],
  ['I organised the project files yesterday', 'organizing the files of the project', 'Cats sleep a lot'],
  ['東京で会議があります', '会議は東京です', '私は犬が好きです'],
  ['Мой любимый цвет зелёный', 'любимый цвет', 'погода сегодня плохая'],
] as const;

describe('local embedder', () => {
  it.each(TABLE)('puts "%s" near "%s" and far from "%s"', async (text, paraphrase, unrelated) => {
    const near = await cosine(text, paraphrase);
    const far = await cosine(text, unrelated);
    expect(near).toBeGreaterThan(0.25);
    expect(far).toBeLessThan(0.2);
    expect(near - far).toBeGreaterThan(0.2);
  });

  it('does not take shared small words for likeness', async () => {
    expect(await cosine('what is it that you do with this', 'what is it that they are to us')).toBeLessThan(
      0.75,
    );
    expect(await cosine('where is the station', 'where is the butter')).toBeLessThan(0.25);
  });

  it('does not take two words that fall together for likeness: a single word is far from a line that lacks it', async () => {
    for (const word of ['basement', 'tried', 'sanctuary', 'interesting', 'holding', 'yep', 'unique']) {
      expect(await cosine(word, 'Wow! What got you into running?')).toBeLessThan(0.25);
      expect(await cosine(word, "That's so nice! What pet do you have?")).toBeLessThan(0.25);
      expect(await cosine(word, 'The machines live in the attic')).toBeLessThan(0.25);
    }
  });

  it('counts nothing for features that only fall together in the vector', async () => {
    // By the hashed vectors some of these reach 0.3.
    for (const question of ['basement', 'what is in the basement?', 'what did we do with the basement']) {
      const like = embedder.likeness?.(question) ?? (() => 1);
      for (const line of ['*cough*', 'onope', 'Cheers!', 'on desktops', 'err', 'so'])
        expect(like(line)).toBeLessThan(0.1);
      expect(like('the basement')).toBeGreaterThan(0.25);
    }
  });

  it('comes near by its vectors to the likeness it stands for', async () => {
    for (const [text, paraphrase] of TABLE)
      expect(
        Math.abs((embedder.likeness?.(text)(paraphrase) ?? 1) - (await cosine(text, paraphrase))),
      ).toBeLessThan(0.15);
  });

  it('knows irregular words by their base', async () => {
    expect(await cosine('she went swimming', 'go swimming')).toBeGreaterThan(0.8);
    expect(await cosine('who taught the children', 'teach a child')).toBeGreaterThan(0.7);
  });

  it('forgives a typing error', async () => {
    expect(await cosine('kubernetes cluster upgrade', 'kubernets cluster upgrade')).toBeGreaterThan(0.6);
  });

  it('gives vectors of length 1 and of its dimensions for any text, and the same again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), async (text) => {
        const [a, b] = await embedder.embed([text, text]);
        expect(a).toHaveLength(512);
        expect(similarity(a as Float32Array, b as Float32Array)).toBeCloseTo(1, 5);
      }),
      { numRuns: 200 },
    );
  });

  it('does not change between releases: stored vectors stay comparable', async () => {
    const [vector] = await createLocalEmbedder(64).embed(['remember the milk']);
    const rounded = [...(vector as Float32Array)].map((value) => Math.round(value * 1000) || 0).join(' ');
    expect(rounded).toBe(
      '-306 76 93 0 -30 30 0 76 46 -30 -16 -46 0 14 0 -30 46 -230 136 -30 -90 -30 -46 9 613 -230 0 55 76 60 0 76 -46 16 -260 -76 0 0 46 -199 -30 30 199 200 -276 21 -30 -76 -16 -60 -60 32 -76 0 -92 76 0 -122 55 -30 123 0 0 16',
    );
    expect(embedder.model).toBe('local-hash-3');
  });

  it('stays quick on a very long text', async () => {
    const [vector] = await embedder.embed(['word '.repeat(200_000)]);
    expect(similarity(vector as Float32Array, vector as Float32Array)).toBeCloseTo(1, 5);
  });

  it('refuses dimensions too few to be of use, and vectors of different lengths', async () => {
    expect(() => createLocalEmbedder(8)).toThrow(RangeError);
    expect(() => similarity(new Float32Array(2), new Float32Array(3))).toThrow(RangeError);
  });
});
