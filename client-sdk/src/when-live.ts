// Waits until a room is live. Must never leave a listener behind.
import type { RoomHandle } from './api.ts';
import { ParleyError } from './error.ts';

export function whenLive(handle: RoomHandle, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: ParleyError) => {
      off();
      signal?.removeEventListener('abort', onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = () =>
      finish(new ParleyError('aborted', 'aborted', 'Waiting was aborted', { cause: signal?.reason }));
    const look = () => {
      const { status, error } = handle.getSnapshot();
      if (status === 'live') finish();
      else if (status === 'error') finish(error);
    };
    const off = handle.subscribe(look);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    else look();
  });
}
