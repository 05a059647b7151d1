import type { NodeState } from "@tailnet-share/contract/node";

/** Finds out that a key renewal has succeeded. */
export interface KeyRenewals {
  /** Takes the node's newest state. Returns whether its key was renewed just now. */
  take(node: NodeState): boolean;
}

/**
 * Follows a renewal over any number of snapshots: its end and the key's new expiry may come in either order, and the node may be away
 * between them.
 */
export function createKeyRenewals(): KeyRenewals {
  /** The key when its renewal began. */
  let before: { readonly user: string; readonly keyExpiry: string | null } | null = null;
  return {
    take(node) {
      if (node.state !== "connected") return false;
      if (before !== null && before.user !== node.user) before = null;
      if (node.renewal !== null) {
        before ??= { user: node.user, keyExpiry: node.keyExpiry };
        return false;
      }
      if (before === null || before.keyExpiry === node.keyExpiry) return false;
      before = null;
      return true;
    },
  };
}
