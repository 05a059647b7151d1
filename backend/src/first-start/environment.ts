import type { Fault } from "@tailnet-share/contract/errors";

/** A variable's value, null when it is not set; or why it can't be used. */
export type Read<T> =
  | { readonly value: T | null; readonly fault: null }
  | { readonly value: null; readonly fault: Fault };

export const NOT_SET = { value: null, fault: null } as const;

/** Returns a variable's value without surrounding space; undefined if it is empty, as a compose file leaves it when nobody sets it. */
export function given(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** `problem` continues the variable's name. Neither text may quote a value: it may hold a secret. */
export function unusable(variable: string, problem: string, hint: string): { value: null; fault: Fault } {
  const fault: Fault = {
    code: "ENVIRONMENT_UNUSABLE",
    message: `${variable} ${problem}`,
    hint,
  };
  return { value: null, fault };
}

/** The values that Go's `strconv.ParseBool` takes, as containerboot does, in any case. */
export const TRUE = /^(?:1|t|true)$/i;
export const FALSE = /^(?:0|f|false)$/i;

export function readFlag(environment: NodeJS.ProcessEnv, name: string): Read<boolean> {
  const value = given(environment, name);
  if (value === undefined) return NOT_SET;
  if (TRUE.test(value)) return { value: true, fault: null };
  if (FALSE.test(value)) return { value: false, fault: null };
  return unusable(name, "is neither true nor false.", "Set it to true or false, or remove it.");
}
