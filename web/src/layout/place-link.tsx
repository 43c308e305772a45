// One line of the sidebar that leads to a page, with what waits there.
import { CountBadge } from '../parts/badge.tsx';
import type { Route } from '../parts/route.ts';
import type { Place } from './places.ts';
import styles from './sidebar.module.css';

interface PlaceLinkProps {
  place: Place;
  route: Route;
  /** How many wait, and in which words. */
  waiting?: { count: number; strong: boolean; words: string } | undefined;
  onOpen(): void;
}

export function PlaceLink({ place, route, waiting, onOpen }: PlaceLinkProps) {
  const isHere = route.page === place.page || (place.page === 'agents' && route.page === 'agent');
  const Icon = place.icon;
  return (
    <a
      className={styles.page}
      href={place.href}
      aria-current={isHere ? 'page' : undefined}
      data-waiting={(waiting !== undefined && waiting.count > 0) || undefined}
      onClick={onOpen}
    >
      <Icon size={17} stroke={1.8} aria-hidden="true" />
      <span className={styles.pageName}>{place.name}</span>
      {waiting !== undefined && waiting.count > 0 && (
        <CountBadge count={waiting.count} strong={waiting.strong} label={`, ${waiting.words}`} />
      )}
    </a>
  );
}
