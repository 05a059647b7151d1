import { ListItemText, MenuItem } from "@mui/material";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Actions } from "../../api/actions.ts";
import { shareWords } from "./share-words.ts";

interface ItemsContext {
  readonly actions: Actions;
  /** The user may not change anything. */
  readonly off: boolean;
  /** Wraps the click of an item, so that it also closes the menu. */
  readonly pick: (run: () => unknown) => () => void;
}

/** Pauses and resumes sharing. Not a component, because a menu sets the focus only among its own children. */
export function connectionItems({ node }: Snapshot, { actions, off, pick }: ItemsContext) {
  return [
    node.state === "paused" && (
      <MenuItem key="resume" disabled={off} onClick={pick(() => actions.patchNode({ connected: true }))}>
        Resume sharing
      </MenuItem>
    ),
    (node.state === "connected" || node.state === "connecting") && (
      <MenuItem key="pause" disabled={off} onClick={pick(() => actions.patchNode({ connected: false }))}>
        <ListItemText primary="Pause sharing" secondary="Nothing is reachable until you resume" />
      </MenuItem>
    ),
  ];
}

/** One item per account, and one to log in to another. Not a component either, so that the menu opens at the current account. */
export function accountItems({ node, accounts, workloads }: Snapshot, { actions, off, pick }: ItemsContext) {
  const shares = workloads.filter(({ share }) => share !== null).length;
  return [
    ...accounts.map((account) => (
      <MenuItem
        key={account.id}
        role="menuitemradio"
        aria-checked={account.current}
        selected={account.current}
        disabled={off}
        onClick={pick(() => account.current || actions.patchNode({ account: account.id }))}
      >
        <ListItemText
          primary={account.user}
          secondary={
            account.current
              ? `${account.tailnet} · in use`
              : `${account.tailnet} · ${switchText(node, account.tailnet, shares)}`
          }
          slotProps={{ primary: { noWrap: true }, secondary: { noWrap: account.current, sx: WRAPS } }}
        />
      </MenuItem>
    )),
    isLoggedIn(node) && (
      <MenuItem
        key="another account"
        disabled={off}
        onClick={pick(() => actions.login({ anotherAccount: true }))}
      >
        <ListItemText
          primary="Log in to another account"
          secondary={switchText(node, null, shares)}
          slotProps={{ secondary: { sx: WRAPS } }}
        />
      </MenuItem>
    ),
  ];
}

const WRAPS = { whiteSpace: "normal", overflowWrap: "anywhere" };

export function isLoggedIn(node: NodeState) {
  return node.state === "connected" || node.state === "paused" || node.state === "connecting";
}

/** `to` is null while the target tailnet is unknown. */
function switchText(node: NodeState, to: string | null, shares: number): string {
  const target = to === null ? "the other tailnet" : to;
  if (node.state !== "connected" && node.state !== "paused" && node.state !== "connecting")
    return `Your shares move to ${target}.`;
  const current = node.state === "connecting" ? "this tailnet" : node.tailnet;
  if (shares === 0) return `This node leaves ${current} and joins ${target}.`;
  return `Moves your ${shareWords(shares)} from ${current} to ${target}.`;
}
