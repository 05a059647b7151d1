import type { SharesFile, StoredShare } from "./stored-share.ts";

/** Machines that are no longer wanted start to retire; those that are wanted again stop. */
export function withRetiring(before: SharesFile, after: Omit<SharesFile, "version">, now: number) {
  const machines = (shares: readonly StoredShare[]) =>
    shares.flatMap(({ workload, mode, machine }) =>
      mode === "machine" && machine !== null ? [{ workload, ...machine }] : [],
    );
  const wanted = new Set(machines(after.shares).map(({ key }) => key));
  const left = machines(before.shares).filter(({ key }) => !wanted.has(key));
  const retiring = after.retiring.filter(({ key }) => !wanted.has(key));
  return {
    shares: after.shares,
    retiring: [
      ...retiring,
      ...left.map(({ key, workload, name }) => ({ key, workload, name, since: now, dismissed: false })),
    ],
  };
}
