// A button for what cannot be taken back: the first press asks, the second does it.
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';

interface SureButtonProps {
  children: ReactNode;
  /** What the second press says. */
  sure: string;
  isBusy?: boolean;
  isDisabled?: boolean;
  onSure(): void;
}

export function SureButton({ children, sure, isBusy = false, isDisabled = false, onSure }: SureButtonProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button
        size="compact-sm"
        variant={isAsking ? 'filled' : 'outline'}
        color="clay"
        loading={isBusy}
        disabled={isDisabled}
        onClick={() => {
          if (isAsking) onSure();
          setAsking(!isAsking);
        }}
        onKeyDown={(event) => event.key === 'Escape' && setAsking(false)}
      >
        {isAsking ? sure : children}
      </Button>
      {isAsking && (
        <Button size="compact-sm" variant="default" onClick={() => setAsking(false)}>
          No
        </Button>
      )}
    </>
  );
}
