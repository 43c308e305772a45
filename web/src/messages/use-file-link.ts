// The address of a file, for the reader alone and for an hour; asked for anew before it ends.
import { useQuery } from '@tanstack/react-query';
import { useClient } from '../session/use-client.ts';

const FRESH_MS = 50 * 60_000;

export function useFileLink(uploadId: string) {
  const client = useClient();
  return useQuery({
    queryKey: ['file-link', uploadId],
    queryFn: async ({ signal }) => (await client.call('link_upload', { uploadId }, { signal })).url,
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    retry: 1,
  });
}
