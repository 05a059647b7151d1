/** Keeps the last lines of a text that arrives in pieces. */
export function createLineBuffer(most: number): { add(text: string): string[]; lines(): readonly string[] } {
  const kept: string[] = [];
  let rest = "";
  return {
    /** Returns the lines that `text` completed. */
    add(text) {
      const lines = (rest + text).split("\n");
      // A writer without line ends must not grow without bound.
      rest = (lines.pop() ?? "").slice(-4_096);
      kept.push(...lines);
      kept.splice(0, Math.max(0, kept.length - most));
      return lines;
    },
    lines: () => kept,
  };
}
