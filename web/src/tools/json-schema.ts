// What a form needs to know of a JSON Schema: one field for each property, and an input back from what was filled in. Pure.
// Knows the common part of JSON Schema; whatever else there is is asked for as JSON.

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

type FieldKind = 'line' | 'text' | 'number' | 'choice' | 'words' | 'json';

export interface Field {
  name: string;
  kind: FieldKind;
  required: boolean;
  description: string | undefined;
  /** Of a choice: what is shown, and what it stands for. */
  choices: { label: string; value: unknown }[];
  min: number | undefined;
  max: number | undefined;
  /** As it is filled in at first. */
  initial: FieldValue;
}

/** Empty is left out. */
export type FieldValue = string | number | string[];
export type Values = Record<string, FieldValue>;

const LONG_WORDS = new Set(['text', 'body', 'content', 'code', 'message', 'prompt']);
const LONG = 300;

export function fieldsOf(schema: JsonSchema): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, found]) => {
    const one = withoutNull(found);
    const choices = choicesOf(one);
    const kind = kindOf(name, one, choices.length > 0);
    return {
      name,
      kind,
      required: required.has(name) && found.default === undefined,
      description: found.description ?? one.description ?? found.title,
      choices,
      min: one.minimum,
      max: one.maximum,
      initial: initialOf(kind, found.default ?? one.default, choices),
    };
  });
}

export const valuesOf = (fields: readonly Field[]): Values =>
  Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));

/** What was filled in as the input of a call, or what is wrong with it by field. */
export function inputOf(
  fields: readonly Field[],
  values: Values,
): { input: Record<string, unknown> } | { problems: Record<string, string> } {
  const input: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const value = values[field.name] ?? '';
    if (value === '' || (Array.isArray(value) && value.length === 0)) {
      if (field.required) problems[field.name] = 'This is needed.';
      continue;
    }
    if (field.kind === 'choice')
      input[field.name] = field.choices.find(({ label }) => label === value)?.value ?? value;
    else if (field.kind === 'json') {
      try {
        input[field.name] = JSON.parse(String(value));
      } catch {
        problems[field.name] = 'This is not JSON: check its quotes, commas and brackets.';
      }
    } else input[field.name] = value;
  }
  return Object.keys(problems).length > 0 ? { problems } : { input };
}

/** "text", "a number from 1 to 20", "one of GET, POST": what a property takes, in words. */
export function typeWords(found: JsonSchema): string {
  const one = withoutNull(found);
  const choices = choicesOf(one);
  if (choices.length > 0) return `one of ${choices.map(({ label }) => label).join(', ')}`;
  switch (typeOf(one)) {
    case 'boolean':
      return 'yes or no';
    case 'integer':
    case 'number': {
      const { minimum: min, maximum: max } = one;
      if (isSpan(min) && isSpan(max)) return `a number from ${min} to ${max}`;
      return 'a number';
    }
    case 'array':
      return typeOf(one.items ?? {}) === 'string' ? 'a list of words' : 'a list';
    case 'object':
      return 'an object';
    case 'string':
      return 'text';
    default:
      return 'anything';
  }
}

/** The end points that stand for "any whole number" say nothing. */
const isSpan = (n: number | undefined): n is number => n !== undefined && Math.abs(n) < 1e12;

function typeOf({ type }: JsonSchema): string | undefined {
  return Array.isArray(type) ? type.find((name) => name !== 'null') : type;
}

/** `anyOf: [x, null]` asks for x or nothing. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const others = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== 'null');
  return others?.length === 1 ? (others[0] as JsonSchema) : schema;
}

function choicesOf(schema: JsonSchema): Field['choices'] {
  if (typeOf(schema) === 'boolean')
    return [
      { label: 'yes', value: true },
      { label: 'no', value: false },
    ];
  const values = schema.const === undefined ? schema.enum : [schema.const];
  return (values ?? []).map((value) => ({ label: asText(value), value }));
}

function kindOf(name: string, schema: JsonSchema, hasChoices: boolean): FieldKind {
  if (hasChoices) return 'choice';
  const type = typeOf(schema);
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array' && typeOf(schema.items ?? {}) === 'string') return 'words';
  if (type !== 'string') return 'json';
  return LONG_WORDS.has(name) || (schema.maxLength ?? 0) > LONG ? 'text' : 'line';
}

function initialOf(kind: FieldKind, value: unknown, choices: Field['choices']): FieldValue {
  if (value === undefined || value === null) return kind === 'words' ? [] : '';
  if (kind === 'choice') return choices.find((choice) => choice.value === value)?.label ?? '';
  if (kind === 'number') return Number(value);
  if (kind === 'words') return Array.isArray(value) ? value.map(String) : [];
  return asText(value);
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
