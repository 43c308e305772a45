// Choosing people of this server, and rooms of mine. What was chosen before and is not known here keeps its place.
import { MultiSelect, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';

interface FieldProps {
  label: string;
  value: string[];
  nameOf(id: string): string;
  onChange(ids: string[]): void;
}

export function RoomsField({ label, value, nameOf, onChange }: FieldProps) {
  const me = useMe();
  const { list } = useStore(useClient().rooms);
  const known = list.map((room) => ({ value: room.id, label: roomName(room, [], me.id) }));
  return (
    <MultiSelect
      label={label}
      {...(value.length === 0 && { placeholder: 'any room' })}
      searchable
      data={withChosen(known, value, nameOf)}
      value={value}
      onChange={onChange}
    />
  );
}

export function PeopleField({ label, value, nameOf, onChange }: FieldProps) {
  const [words, setWords] = useState('');
  const known = usePeople(words, 'human');
  return (
    <MultiSelect
      label={label}
      {...(value.length === 0 && { placeholder: 'anyone' })}
      searchable
      nothingFoundMessage="Nobody fits that."
      searchValue={words}
      onSearchChange={setWords}
      data={withChosen(known, value, nameOf)}
      value={value}
      onChange={onChange}
    />
  );
}

type Choice = { value: string; label: string };

/** People whose name or handle fits the words, and whoever was found before until there is an answer. */
function usePeople(words: string, kind: 'human' | 'agent'): Choice[] {
  const client = useClient();
  const [wanted] = useDebouncedValue(words.replace(/ \(@.*$/, '').trim(), 200);
  const query = useQuery({
    queryKey: ['users', wanted, kind],
    queryFn: ({ signal }) =>
      client.call('list_users', { limit: 50, kind, ...(wanted !== '' && { query: wanted }) }, { signal }),
    placeholderData: keepPreviousData,
  });
  return (query.data?.data ?? []).map(({ id, name, handle }) => ({
    value: id,
    label: `${name} (@${handle})`,
  }));
}

function withChosen(known: Choice[], chosen: string[], nameOf: (id: string) => string): Choice[] {
  const ids = new Set(known.map(({ value }) => value));
  return [...known, ...chosen.filter((id) => !ids.has(id)).map((id) => ({ value: id, label: nameOf(id) }))];
}

interface PersonFieldProps {
  className?: string | undefined;
  label: string;
  placeholder: string;
  /** Of whom; people unless told. */
  kind?: 'human' | 'agent';
  value: string | null;
  onChange(id: string | null): void;
}

export function PersonField({
  className,
  label,
  placeholder,
  kind = 'human',
  value,
  onChange,
}: PersonFieldProps) {
  const [words, setWords] = useState('');
  const known = usePeople(words, kind);
  return (
    <Select
      className={className ?? ''}
      label={label}
      placeholder={placeholder}
      searchable
      clearable
      nothingFoundMessage="Nobody fits that."
      searchValue={words}
      onSearchChange={setWords}
      data={known}
      value={value}
      onChange={onChange}
    />
  );
}
