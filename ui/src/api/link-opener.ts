import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";

/**
 * Opens the login link in the browser once, and only after a click on 'Log in' in this panel. Reopening the panel during
 * a login must not open another browser tab.
 */
export interface LinkOpener {
  /** Announces that a link will come. `fresh`: ignore the current link and wait for a new one. */
  expect(fresh: boolean): void;
  /** Cancels the wait for a link. */
  dismiss(): void;
  see(snapshot: Snapshot): void;
}

export function createLinkOpener(open: (url: string) => void): LinkOpener {
  let wanted = false;
  let shown: string | null = null;
  let stale: string | null = null;
  return {
    expect(fresh) {
      wanted = true;
      stale = fresh ? shown : null;
    },
    dismiss() {
      wanted = false;
    },
    see({ node }) {
      shown = linkOf(node);
      if (!wanted || shown === null || shown === stale) return;
      wanted = false;
      open(shown);
    },
  };
}

function linkOf(node: NodeState): string | null {
  switch (node.state) {
    case "logged-out":
    case "expired":
      return node.login?.url ?? null;
    case "connected":
      return node.renewal?.url ?? null;
    default:
      return null;
  }
}
