// What may go with a press, by the card's own definition. Pure; every refusal names the field and says what is expected.
import { AppError, type FieldError } from '../../core/errors.ts';
import type { CardAction, CardValue, FormField } from './contract.ts';

export interface Given {
  value?: string | string[] | undefined;
  values?: Record<string, string | number | boolean> | undefined;
}

const MOST_TEXT = 2000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const refuse = (...errors: FieldError[]): AppError =>
  new AppError(
    'invalid',
    'invalid_action_value',
    errors.map(({ path, message }) => `${path}: ${message}`).join('; '),
    { errors },
  );

/** The value of the press. @throws AppError invalid */
export function pressedValue(action: CardAction, { value, values }: Given): CardValue | undefined {
  if (!('type' in action)) {
    if (value !== undefined || values !== undefined)
      throw refuse({ path: 'value', message: 'a button takes none; leave it out' });
    return action.value;
  }
  if (action.type === 'select') {
    if (values !== undefined) throw refuse({ path: 'values', message: 'a select takes value instead' });
    const known = action.options.map((option) => option.value);
    const chosen = value === undefined ? [] : [value].flat();
    const wrong = chosen.find((one) => !known.includes(one));
    if (chosen.length === 0 || wrong !== undefined)
      throw refuse({ path: 'value', message: `choose one of ${known.join(', ')}` });
    if (action.multiple) return [...new Set(chosen)];
    if (chosen.length > 1) throw refuse({ path: 'value', message: 'choose one option, not several' });
    return chosen[0];
  }
  if (value !== undefined) throw refuse({ path: 'value', message: 'a form takes values by field name' });
  return formValues(action.fields, values ?? {});
}

function formValues(
  fields: readonly FormField[],
  given: Record<string, string | number | boolean>,
): Record<string, string | number | boolean> {
  const errors: FieldError[] = [];
  const values: Record<string, string | number | boolean> = {};
  const known = new Set(fields.map(({ name }) => name));
  for (const name of Object.keys(given))
    if (!known.has(name)) errors.push({ path: `values.${name}`, message: 'is no field of this form' });
  for (const field of fields) {
    const value = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    const empty = value === undefined || (typeof value === 'string' && value.trim() === '');
    const message = empty ? (field.required ? 'is required' : undefined) : wrongIn(field, value);
    if (message !== undefined) errors.push({ path: `values.${field.name}`, message });
    else if (!empty) values[field.name] = value;
  }
  if (errors.length > 0) throw refuse(...errors);
  return values;
}

function wrongIn(field: FormField, value: string | number | boolean): string | undefined {
  switch (field.type) {
    case 'number': {
      const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = field;
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'is a number';
      if (value < min) return `is at least ${min}`;
      return value > max ? `is at most ${max}` : undefined;
    }
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is true or false';
    case 'date': {
      const right = typeof value === 'string' && DAY.test(value) && isDay(value);
      return right ? undefined : 'is a day such as 2026-01-31';
    }
    case 'select': {
      const options = field.options ?? [];
      if (options.some((option) => option.value === value)) return undefined;
      return `is one of ${options.map((option) => option.value).join(', ')}`;
    }
    default: {
      const most = field.maxLength ?? MOST_TEXT;
      if (typeof value !== 'string') return 'is text';
      return value.length > most ? `has at most ${most} characters` : undefined;
    }
  }
}

const isDay = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
};
