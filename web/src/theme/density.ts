// How close together everything stands: all measures follow the size of the page's letters.
import { kept } from '../parts/kept.ts';

export type Density = 'comfortable' | 'compact';

const density = kept<Density>('parley.density');

export const readDensity = (): Density => density.read() ?? 'comfortable';

export function setDensity(next: Density): void {
  density.write(next);
  applyDensity();
}

export function applyDensity(): void {
  document.documentElement.dataset.density = readDensity();
}
