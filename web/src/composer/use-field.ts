// The field one writes in: as high as its text, with the caret where something was put in.
import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';

interface Field {
  ref: RefObject<HTMLTextAreaElement | null>;
  focus(): void;
  /** Once the text that is on its way stands in it. */
  putCaret(at: number): void;
}

export function useField(text: string): Field {
  const ref = useRef<HTMLTextAreaElement>(null);
  const wanted = useRef<number | undefined>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = ref.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
    if (wanted.current === undefined) return;
    area.setSelectionRange(wanted.current, wanted.current);
    wanted.current = undefined;
  }, [text]);
  return {
    ref,
    focus: useCallback(() => ref.current?.focus(), []),
    putCaret: useCallback((at: number) => {
      wanted.current = at;
    }, []),
  };
}
