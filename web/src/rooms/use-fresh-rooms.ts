// Fetches the list of my rooms anew now and then: changes are told by signals, which may be lost.
import { useEffect } from 'react';
import { useClient } from '../session/use-client.ts';

const EVERY_MS = 300_000;

export function useFreshRooms(): void {
  const client = useClient();
  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== 'visible') return;
      if (client.state.getSnapshot().status !== 'online') return;
      void client.rooms.refresh().catch(() => {});
    };
    const timer = setInterval(look, EVERY_MS);
    globalThis.addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      globalThis.removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [client]);
}
