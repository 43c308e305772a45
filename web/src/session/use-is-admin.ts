// Whether I administer this server; false until the connection has told.
import { useClient, useStore } from './use-client.ts';

export const useIsAdmin = (): boolean => useStore(useClient().state).me?.role === 'admin';
