import { useState } from "react";
import type { Problem } from "../../host/problem.ts";

export type Saving =
  | { readonly state: "idle" }
  | { readonly state: "saving" }
  | { readonly state: "saved" }
  | { readonly state: "refused"; readonly problem: Problem };

interface Saver {
  readonly saving: Saving;
  /** True when it was saved. */
  readonly run: (send: () => Promise<Problem | null>) => Promise<boolean>;
  /** What is typed now is something else than what was saved or refused. */
  readonly reset: () => void;
}

/** What became of a setting, for the words beside it. */
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
