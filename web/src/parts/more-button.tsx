// The way to the next page of a list.
import { Button } from '@mantine/core';

interface MoreButtonProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown };
  children?: string;
}

export function MoreButton({ query, children = 'Show more' }: MoreButtonProps) {
  if (!query.hasNextPage) return null;
  return (
    <Button
      mt="md"
      variant="default"
      loading={query.isFetchingNextPage}
      onClick={() => query.fetchNextPage()}
    >
      {children}
    </Button>
  );
}
