// The to-dos of a room: written down, ticked off, removed.
import { ActionIcon, Button, Checkbox, TextInput } from '@mantine/core';
import type { Todo } from '@parley/client';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import styles from './workspace.module.css';

const keyOf = (roomId: string) => ['todos', roomId];

export function Todos({ roomId }: { roomId: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const [title, setTitle] = useState('');
  useLive(keyOf(roomId), ['task_list_updated']);
  const query = useQuery({
    queryKey: keyOf(roomId),
    queryFn: ({ signal }) => client.call('list_todos', { roomId, limit: 100 }, { signal }),
  });
  const add = useMutation({
    mutationFn: (words: string) => client.call('create_todo', { roomId, title: words }),
    onSuccess() {
      setTitle('');
      return queries.invalidateQueries({ queryKey: keyOf(roomId) });
    },
    onError: (error) => tell('Could not write it down', error),
  });
  const todos = query.data?.data ?? [];
  function submit(event: FormEvent) {
    event.preventDefault();
    if (title.trim() !== '') add.mutate(title.trim());
  }
  return (
    <section className={fields.section} aria-labelledby="todos">
      <h2 id="todos">To-dos</h2>
      {stateOf({ query, what: 'to-dos' }) ??
        (todos.length === 0 ? (
          <p className={fields.hint}>Nothing is to be done here.</p>
        ) : (
          <ul className={rows.rows}>
            {todos.map((todo) => (
              <TodoRow key={todo.id} todo={todo} />
            ))}
          </ul>
        ))}
      <form onSubmit={submit} className={styles.add}>
        <TextInput
          className={rows.grow ?? ''}
          label="What is to be done"
          value={title}
          maxLength={200}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="md"
          variant="default"
          loading={add.isPending}
          disabled={title.trim() === ''}
        >
          Write it down
        </Button>
      </form>
    </section>
  );
}

function TodoRow({ todo }: { todo: Todo }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const onSettled = () => queries.invalidateQueries({ queryKey: keyOf(todo.roomId) });
  const tick = useMutation({
    mutationFn: (done: boolean) => client.call('update_todo', { todoId: todo.id, done }),
    onError: (error) => tell('Could not change the to-do', error),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: () => client.call('delete_todo', { todoId: todo.id }),
    onError: (error) => tell('Could not remove the to-do', error),
    onSettled,
  });
  const isDone = tick.isPending ? tick.variables : todo.doneAt !== undefined;
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <Checkbox
          label={<span data-done={isDone || undefined}>{todo.title}</span>}
          description={[
            ...(todo.notes === undefined ? [] : [todo.notes]),
            ...(todo.dueAt === undefined ? [] : [`due ${formatDay(todo.dueAt)}`]),
          ].join(' · ')}
          checked={isDone}
          disabled={tick.isPending}
          onChange={(event) => tick.mutate(event.currentTarget.checked)}
        />
      </div>
      <ActionIcon
        aria-label={`Remove ${todo.title}`}
        loading={remove.isPending}
        onClick={() => remove.mutate()}
      >
        <IconTrash size={17} aria-hidden="true" />
      </ActionIcon>
    </li>
  );
}
