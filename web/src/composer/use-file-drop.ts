// Files that are dragged over the composer and dropped on it.
import { type DragEvent, useState } from 'react';

export interface FileDrop {
  dragging: boolean;
  onDragOver(event: DragEvent): void;
  onDragLeave(event: DragEvent): void;
  onDrop(event: DragEvent): void;
}

export function useFileDrop(disabled: boolean, onFiles: (files: readonly File[]) => void): FileDrop {
  const [dragging, setDragging] = useState(false);
  const carriesFiles = (event: DragEvent) => !disabled && event.dataTransfer.types.includes('Files');
  return {
    dragging,
    onDragOver(event) {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setDragging(true);
    },
    onDragLeave(event) {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
    },
    onDrop(event) {
      setDragging(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      onFiles([...event.dataTransfer.files]);
    },
  };
}
