// The id of a run's answer: the same on every try, another one when the run is opened again.
import { derivedId } from '../../core/ids.ts';
import type { RunRow } from './repository.ts';

export const replyId = ({ id, generation }: Pick<RunRow, 'id' | 'generation'>): string =>
  generation === 0 ? derivedId('reply', id) : derivedId('reply', id, String(generation));
