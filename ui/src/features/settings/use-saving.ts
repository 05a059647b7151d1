import { useState } from "react";
import type { Problem } from "../../host/problem.ts";

export type Saving =
  | { readonly state: "idle" }
  | { readonly state: "saving" }
  | { readonly state: "saved" }
  | { readonly state: "refused"; readonly problem: Problem };

interface Saver {
  readonly saving: Saving;
  /** Resolves to true when saved. */
  readonly run: (send: () => Promise<Problem | null>) => Promise<boolean>;
  /** Clears the outcome, because the input now differs from the saved or refused value. */
  readonly reset: () => void;
}

/** Tracks the outcome of saving a setting, for the text beside it. */
export function useSaving(): Saver {
  const [saving, setSaving] = useState<Saving>({ state: "idle" });
  return {
    saving,
    async run(send) {
      setSaving({ state: "saving" });
      const problem = await send();
      setSaving(problem ? { state: "refused", problem } : { state: "saved" });
      return problem === null;
    },
    reset: () => setSaving({ state: "idle" }),
  };
}
