// A small choice of the reader's that this browser remembers. Must never fail where storage is blocked.

export function kept<T>(key: string): { read(): T | undefined; write(value: T): void } {
  return {
    read() {
      try {
        const text = localStorage.getItem(key);
        return text === null ? undefined : (JSON.parse(text) as T);
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // It holds until the page is closed.
      }
    },
  };
}
