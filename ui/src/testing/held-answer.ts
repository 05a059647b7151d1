import type { Snapshot } from "@tailnet-share/contract/snapshot";

/** Holds an answer back until the test releases it. */
export function held() {
  let release: (snapshot: Snapshot) => void = () => {};
  const answer = new Promise<Snapshot>((resolve) => {
    release = resolve;
  });
  return { answer, release };
}
