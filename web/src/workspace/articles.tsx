// Articles of an agent's knowledge, which it looks up by a tool.
import { Button, Textarea, TextInput } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import { messageOf } from '../parts/errors.ts';
import { FoldRow } from '../parts/fold-row.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';
import styles from './workspace.module.css';

export function Articles({ agent }: { agent: Agent }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const key = ['knowledge', agent.id];
  const changed = () => queries.invalidateQueries({ queryKey: key });
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => client.call('list_knowledge', { agentId: agent.id, limit: 100 }, { signal }),
  });
  const remove = useMutation({
    mutationFn: (articleId: string) => client.call('delete_knowledge', { articleId }),
    onError: (error) => tell('Could not remove the article', error),
    onSettled: changed,
  });
  const articles = query.data?.data ?? [];
  return (
    <section className={fields.section} aria-labelledby="articles">
      <h2 id="articles">Articles it looks things up in</h2>
      {stateOf({ query, what: 'its articles' }) ??
        (articles.length === 0 ? (
          <p className={fields.hint}>None yet. It may tell them to whoever asks.</p>
        ) : (
          <ul className={tools.rows}>
            {articles.map((article) => (
              <FoldRow key={article.id} title={article.title} about={formatDay(article.createdAt)}>
                <pre className={tools.raw}>{article.body}</pre>
                <div>
                  <Button
                    size="compact-sm"
                    variant="outline"
                    color="clay"
                    loading={remove.isPending}
                    onClick={() => remove.mutate(article.id)}
                  >
                    Remove the article
                  </Button>
                </div>
              </FoldRow>
            ))}
          </ul>
        ))}
      <NewArticle agent={agent} onMade={changed} />
    </section>
  );
}

function NewArticle({ agent, onMade }: { agent: Agent; onMade(): void }) {
  const client = useClient();
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const add = useMutation({
    mutationFn: () =>
      client.call('add_knowledge', { agentId: agent.id, title: title.trim(), body: body.trim() }),
    onSuccess() {
      setTitle('');
      setBody('');
      onMade();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (title.trim() !== '' && body.trim() !== '') add.mutate();
  }
  return (
    <form onSubmit={submit} className={`${tools.rules} ${styles.form}`}>
      <TextInput
        label="Title of a new article"
        value={title}
        maxLength={200}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Textarea
        label="What it says"
        value={body}
        maxLength={40_000}
        autosize
        minRows={2}
        maxRows={10}
        error={add.isError ? messageOf(add.error) : undefined}
        errorProps={{ role: 'alert' }}
        onChange={(event) => setBody(event.currentTarget.value)}
      />
      <div>
        <Button
          type="submit"
          variant="default"
          loading={add.isPending}
          disabled={title.trim() === '' || body.trim() === ''}
        >
          Add the article
        </Button>
      </div>
    </form>
  );
}
