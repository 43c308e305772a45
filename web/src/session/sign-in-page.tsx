// The first page: who are you? One field, one button, an error that says what to do.
import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useId, useState } from 'react';
import { BrandMark } from '../parts/brand-mark.tsx';
import { ColorSchemeToggle } from '../parts/color-scheme-toggle.tsx';
import { messageOf } from '../parts/errors.ts';
import styles from './sign-in-page.module.css';

interface SignInPageProps {
  /** Why the reader is here although they were signed in before. */
  notice?: string;
  onSignIn(name: string): Promise<void>;
}

const MAX_NAME = 64;

export function SignInPage({ notice, onSignIn }: SignInPageProps) {
  const [name, setName] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const fieldId = useId();

  async function submit(event: FormEvent) {
    event.preventDefault();
    const problem = nameProblem(name);
    if (problem !== undefined) {
      setError(problem);
      document.getElementById(fieldId)?.focus();
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await onSignIn(name.trim());
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
      document.getElementById(fieldId)?.focus();
    }
  }

  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <ColorSchemeToggle />
      </header>
      <main className={styles.main}>
        <div className={styles.mark}>
          <BrandMark size={56} />
        </div>
        <h1 className={styles.name}>Parley</h1>
        <p className={styles.promise}>Rooms where people and agents talk things through.</p>
        {notice !== undefined && (
          <p className={styles.notice} role="status">
            {notice}
          </p>
        )}
        <form className={styles.form} onSubmit={submit} noValidate>
          <TextInput
            id={fieldId}
            label="Your name"
            placeholder="Ada Lovelace"
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setError(undefined);
            }}
            error={error}
            maxLength={MAX_NAME}
            autoComplete="name"
            autoFocus
            required
            withAsterisk={false}
            size="lg"
            errorProps={{ role: 'alert' }}
          />
          <Button type="submit" size="lg" fullWidth loading={busy}>
            Enter
          </Button>
        </form>
        <p className={styles.small}>No password: this server knows people by name.</p>
      </main>
    </div>
  );
}

function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'Type the name others should see.';
  if (!/[\p{L}\p{N}]/u.test(name)) return 'A name needs at least one letter or digit.';
  return undefined;
}
