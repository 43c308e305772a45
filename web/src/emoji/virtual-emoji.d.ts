// What the build makes of the emoji package; see vite.config.ts.
declare module 'virtual:emoji' {
  /** Group, emoji, name, other words to find it by. */
  const all: readonly (readonly [group: number, emoji: string, name: string, words: string])[];
  export default all;
}
