// Unsent words, one draft per person and room, kept over reloads.

const key = (userId: string, roomId: string): string => `parley.draft.${userId}.${roomId}`;

export function readDraft(userId: string, roomId: string): string {
  try {
    return localStorage.getItem(key(userId, roomId)) ?? '';
  } catch {
    return '';
  }
}

export function writeDraft(userId: string, roomId: string, text: string): void {
  try {
    if (text === '') localStorage.removeItem(key(userId, roomId));
    else localStorage.setItem(key(userId, roomId), text);
  } catch {
    // Storage is full or blocked: the draft lives as long as the page.
  }
}
