// The console: the sign-in page, or the chat of whoever is signed in.
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';
import { ChatPage } from './layout/chat-page.tsx';
import { AnnouncerProvider } from './parts/announcer.tsx';
import { NoticesProvider } from './parts/notices.tsx';
import { enter, type Session, session } from './session/session.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { SignedProvider } from './session/use-client.ts';
import { cssVariablesResolver, theme } from './theme/theme.ts';

// The same key as in public/color-scheme.js.
const colorSchemeManager = localStorageColorSchemeManager({ key: 'parley.color-scheme' });

export function App() {
  const now = useSyncExternalStore(session.subscribe, session.getSnapshot);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
    >
      <AnnouncerProvider>
        <NoticesProvider>
          {now.status === 'in' ? (
            <SignedIn key={now.user.id} session={now} />
          ) : (
            <SignInPage onSignIn={enter} {...(now.notice === undefined ? {} : { notice: now.notice })} />
          )}
        </NoticesProvider>
      </AnnouncerProvider>
    </MantineProvider>
  );
}

function SignedIn({ session: { client, user } }: { session: Extract<Session, { status: 'in' }> }) {
  const signed = useMemo(() => ({ client, user }), [client, user]);
  // What was fetched for one person must not be shown to the next.
  const queries = useMemo(() => new QueryClient({ defaultOptions: { queries: { retry: 1 } } }), []);
  return (
    <QueryClientProvider client={queries}>
      <SignedProvider value={signed}>
        <ChatPage />
      </SignedProvider>
    </QueryClientProvider>
  );
}
