// Changes of one room, one at a time on this node: a room that is locked elsewhere then keeps one of the node's connections, not all.
// Must never run a change whose caller was told that it was too late.
import { msLeft, tooLate, within } from '../../core/db/deadline.ts';

export function createTurns() {
  /** The newest change of each room that is under way or waits; never rejects. */
  const last = new Map<string, Promise<unknown>>();

  return async function inTurn<T>(roomId: string, change: () => Promise<T>): Promise<T> {
    const before = last.get(roomId);
    let refused = false;
    const mine = (async () => {
      await before;
      if (refused) throw tooLate();
      return change();
    })();
    const settled = mine.then(
      () => {},
      () => {},
    );
    last.set(roomId, settled);
    void settled.then(() => last.get(roomId) === settled && last.delete(roomId));
    const left = msLeft();
    if (before === undefined || left === undefined) return mine;
    return within(mine, left, () => {
      refused = true;
      return tooLate();
    });
  };
}
