// Giving an agent documents: text files, or words that are pasted. Long ones are sent in parts.
import { Button, FileButton, Stack, Textarea, TextInput } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import { partsOf } from './parts.ts';
import styles from './training.module.css';
import { trainingKey } from './training-tab.tsx';

interface Given {
  title: string;
  content: string;
  source?: string;
}

const MOST_FILE_BYTES = 5_000_000;
const TRAIN_LIMIT_MS = 60_000;

export function AddDocuments({ agent }: { agent: Agent }) {
  const client = useClient();
  const queries = useQueryClient();
  const [title, setTitle] = useState('');
  const [source, setSource] = useState('');
  const [content, setContent] = useState('');
  const train = useMutation({
    async mutationFn(given: Given[]) {
      const counts = { added: 0, unchanged: 0 };
      for (const { title: name, content: whole, ...rest } of given) {
        const parts = partsOf(whole);
        for (const [i, part] of parts.entries()) {
          const document = {
            ...rest,
            title: parts.length === 1 ? name : `${name} (${i + 1} of ${parts.length})`,
            content: part,
          };
          const { data } = await client.call(
            'train_agent',
            { agentId: agent.id, documents: [document] },
            { timeoutMs: TRAIN_LIMIT_MS },
          );
          for (const { status } of data) counts[status] += 1;
        }
      }
      return counts;
    },
    onSettled: () => queries.invalidateQueries({ queryKey: trainingKey(agent.id) }),
  });
  const [problem, setProblem] = useState<string>();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (title.trim() === '' || content.trim() === '') return setProblem('Give it a title and some text.');
    setProblem(undefined);
    train.mutate([{ title: title.trim(), content, ...(source.trim() !== '' && { source: source.trim() }) }], {
      onSuccess() {
        setTitle('');
        setSource('');
        setContent('');
      },
    });
  }

  async function takeFiles(files: File[]) {
    const given = await readFiles(files);
    setProblem(given.problem);
    if (given.documents.length > 0) train.mutate(given.documents);
  }

  const failed = problem ?? (train.isError ? messageOf(train.error) : undefined);
  return (
    <section className={fields.section} aria-labelledby="add-documents">
      <h2 id="add-documents">Add documents</h2>
      <p className={fields.hint}>Its answers draw on them. It may tell them to whoever asks.</p>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            label="Title"
            value={title}
            maxLength={180}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Textarea
            label="Text"
            value={content}
            autosize
            minRows={4}
            maxRows={14}
            onChange={(event) => setContent(event.currentTarget.value)}
          />
          <TextInput
            label="Where it is from"
            description="Optional; for people to read"
            value={source}
            maxLength={500}
            onChange={(event) => setSource(event.currentTarget.value)}
          />
          <div className={styles.foot}>
            <p role={failed === undefined ? 'status' : 'alert'} data-tone={failed && 'problem'}>
              {failed ?? (train.data === undefined ? '' : countsWords(train.data))}
            </p>
            <FileButton multiple accept="text/*,.md,.markdown,.csv,.json" onChange={takeFiles}>
              {(props) => (
                <Button {...props} variant="default" loading={train.isPending}>
                  Choose text files
                </Button>
              )}
            </FileButton>
            <Button type="submit" loading={train.isPending}>
              Add
            </Button>
          </div>
        </Stack>
      </form>
    </section>
  );
}

async function readFiles(files: readonly File[]): Promise<{ documents: Given[]; problem?: string }> {
  const documents: Given[] = [];
  const refused: string[] = [];
  for (const file of files) {
    const content = file.size > MOST_FILE_BYTES ? undefined : await file.text();
    // A zero byte stands in no text.
    if (content === undefined || content.trim() === '' || content.includes('\u0000')) refused.push(file.name);
    else documents.push({ title: file.name.slice(0, 180), content, source: 'a file' });
  }
  if (refused.length === 0) return { documents };
  return { documents, problem: `Not taken, since it is no text of at most 5 MB: ${refused.join(', ')}.` };
}

function countsWords({ added, unchanged }: { added: number; unchanged: number }): string {
  const words = [
    ...(added > 0 ? [`${added} added`] : []),
    ...(unchanged > 0 ? [`${unchanged} known already`] : []),
  ];
  return words.length === 0 ? '' : `${words.join(', ')}.`;
}
