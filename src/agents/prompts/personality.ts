// Compiles an agent's personality into plain sentences for its system text. Pure; must never add traits nobody set.

export interface Personality {
  traits?: Partial<
    Record<'extraversion' | 'agreeableness' | 'conscientiousness' | 'neuroticism' | 'openness', number>
  >;
  communicationStyle?: {
    formality?: 'casual' | 'professional' | 'formal';
    verbosity?: 'concise' | 'moderate' | 'verbose';
    humor?: 'none' | 'subtle' | 'frequent';
    empathy?: 'low' | 'moderate' | 'high';
  };
  interests?: string[];
  expertise?: string[];
  limitations?: string[];
}

/** Words for a trait (0..1) that is clearly low or clearly high; the middle says nothing. */
const TRAITS = {
  extraversion: ['You are reserved and speak when it helps.', 'You are outgoing and like to talk.'],
  agreeableness: ['You are blunt and do not mind disagreeing.', 'You are warm and cooperative.'],
  conscientiousness: ['You are relaxed about details.', 'You are careful and exact.'],
  neuroticism: ['You stay calm whatever happens.', 'You are cautious and point out risks.'],
  openness: ['You prefer what is proven.', 'You are curious and like new ideas.'],
} as const;

const STYLE = {
  formality: {
    casual: 'Write casually.',
    professional: 'Write in a professional tone.',
    formal: 'Write formally.',
  },
  verbosity: {
    concise: 'Be brief: one to three sentences unless more is asked for.',
    moderate: 'Keep answers to a short paragraph or two.',
    verbose: 'Explain fully.',
  },
  humor: {
    none: 'Do not joke.',
    subtle: 'A light touch of humour is welcome.',
    frequent: 'Be playful.',
  },
  empathy: {
    low: 'Stick to the matter.',
    moderate: 'Notice how people feel.',
    high: 'Attend to how people feel before the matter itself.',
  },
} as const;

/** Sentences in a fixed order; empty for an empty personality. */
export function describePersonality(personality: Personality): string {
  const sentences: string[] = [];
  for (const [name, [low, high]] of Object.entries(TRAITS)) {
    const value = personality.traits?.[name as keyof typeof TRAITS];
    if (value === undefined) continue;
    if (value <= 0.3) sentences.push(low);
    else if (value >= 0.7) sentences.push(high);
  }
  const style = personality.communicationStyle ?? {};
  if (style.formality) sentences.push(STYLE.formality[style.formality]);
  if (style.verbosity) sentences.push(STYLE.verbosity[style.verbosity]);
  if (style.humor) sentences.push(STYLE.humor[style.humor]);
  if (style.empathy) sentences.push(STYLE.empathy[style.empathy]);
  if (personality.interests?.length)
    sentences.push(`You are interested in ${personality.interests.join(', ')}.`);
  if (personality.expertise?.length)
    sentences.push(`You know much about ${personality.expertise.join(', ')}.`);
  if (personality.limitations?.length) sentences.push(`Your limits: ${personality.limitations.join('; ')}.`);
  return sentences.join(' ');
}

/** Output tokens by verbosity. Room for a model's thinking comes on top. */
export function replyTokens(personality: Personality): number {
  const verbosity = personality.communicationStyle?.verbosity ?? 'moderate';
  return { concise: 400, moderate: 1000, verbose: 2500 }[verbosity];
}
