// The emoji I used last, kept in this browser; before there are any, the ones most people reach for.
const KEY = 'parley.emoji';
const MOST = 18;
const FIRST = ['👍', '✅', '👀', '❤️', '😂', '🎉', '🙏', '🚀', '🤔'];

export function recentEmoji(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    const mine = Array.isArray(kept) ? kept.filter((item) => typeof item === 'string') : [];
    return [...new Set([...mine, ...FIRST])].slice(0, MOST);
  } catch {
    return FIRST;
  }
}

export function rememberEmoji(emoji: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([...new Set([emoji, ...recentEmoji()])].slice(0, MOST)));
  } catch {
    // Blocked storage: the order stays as it is.
  }
}
