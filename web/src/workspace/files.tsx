// The files of a room, which people and agents write: read, and removed.
import { Button } from '@mantine/core';
import type { RoomFile } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import { FoldRow } from '../parts/fold-row.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import tools from '../tools/tools.module.css';

const keyOf = (roomId: string) => ['files', roomId];

export function Files({ roomId }: { roomId: string }) {
  const client = useClient();
  useLive(keyOf(roomId), ['file_updated']);
  const query = useQuery({
    queryKey: keyOf(roomId),
    queryFn: ({ signal }) => client.call('list_files', { roomId, limit: 100 }, { signal }),
  });
  const files = query.data?.data ?? [];
  return (
    <section className={fields.section} aria-labelledby="files">
      <h2 id="files">Files</h2>
      {stateOf({ query, what: 'files' }) ??
        (files.length === 0 ? (
          <p className={fields.hint}>No files yet: ask an agent to write one down.</p>
        ) : (
          <ul className={tools.rows}>
            {files.map((file) => (
              <FoldRow
                key={file.id}
                title={file.path}
                about={`${sizeWords(file.bytes)} · version ${file.version} · ${formatDay(file.updatedAt)}, ${formatTime(file.updatedAt)}`}
              >
                <FileBody file={file} />
              </FoldRow>
            ))}
          </ul>
        ))}
    </section>
  );
}

function FileBody({ file }: { file: RoomFile }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const query = useQuery({
    queryKey: ['file', file.id, file.version],
    queryFn: ({ signal }) => client.call('get_file', { fileId: file.id }, { signal }),
  });
  const remove = useMutation({
    mutationFn: () => client.call('delete_file', { fileId: file.id }),
    onError: (error) => tell('Could not remove the file', error),
    onSettled: () => queries.invalidateQueries({ queryKey: keyOf(file.roomId) }),
  });
  return (
    <>
      {stateOf({ query, what: 'the file', missing: 'The file is gone.' }) ??
        (query.data !== undefined && (
          <pre className={tools.raw}>
            {query.data.encoding === 'utf8' ? query.data.body : `${file.contentType}, not text`}
          </pre>
        ))}
      <div>
        <Button
          size="compact-sm"
          variant="outline"
          color="clay"
          loading={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Remove the file
        </Button>
      </div>
    </>
  );
}

const sizeWords = (bytes: number): string =>
  bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} kB`;
