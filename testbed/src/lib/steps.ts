export interface Steps {
  /** Runs `work` and prints one plain line with its duration. `note` in the work adds to that line. */
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  /** Prints a line without a duration. */
  say(text: string): void;
}

/** Reports the set-up's progress, one line per step. */
export function createSteps(print: (line: string) => void = (line) => console.log(line)): Steps {
  return {
    say: print,
    async step(title, work) {
      const began = performance.now();
      const notes: string[] = [];
      const line = (mark: string): string => {
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        return `${mark} ${title}${notes.length > 0 ? `: ${notes.join("; ")}` : ""} (${seconds} s)`;
      };
      // Some steps take many minutes on a new machine, and a silent terminal looks like a hang.
      const slow = setTimeout(() => print(`… ${title}: still at it`), 10_000);
      try {
        const value = await work((text) => notes.push(text));
        print(line("✓"));
        return value;
      } catch (error) {
        print(line("✗"));
        throw error;
      } finally {
        clearTimeout(slow);
      }
    },
  };
}
