import type { ShareNetwork } from "@tailnet-share/contract/model";

/** The networks to choose from; empty where there is no choice to make. One that was chosen and is gone can still be seen, and left. */
export function networkChoices({ available, chosen }: ShareNetwork): readonly string[] {
  if (chosen !== null && !available.includes(chosen)) return [...available, chosen];
  return available.length > 1 ? available : [];
}

/** Which network the node goes by now. */
export function networkWords({ available, chosen, used }: ShareNetwork): string {
  const uses = used === null ? "" : `This node reaches the container on '${used}'.`;
  if (chosen === null || available.includes(chosen)) return uses;
  return `The container is not on '${chosen}'. ${uses}`.trim();
}
