import type { ShareNetwork } from "@tailnet-share/contract/share";

/** Networks to choose from; empty when there is no choice. Includes a chosen network that is gone, so that the user can deselect it. */
export function networkChoices({ available, chosen }: ShareNetwork): readonly string[] {
  if (chosen !== null && !available.includes(chosen)) return [...available, chosen];
  return available.length > 1 ? available : [];
}

/** The network that the node currently uses. */
export function networkWords({ available, chosen, used }: ShareNetwork): string {
  const uses = used === null ? "" : `This node reaches the container on '${used}'.`;
  if (chosen === null || available.includes(chosen)) return uses;
  return `The container is not on '${chosen}'. ${uses}`.trim();
}
