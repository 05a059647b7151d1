import AccountCircle from "@mui/icons-material/AccountCircle";
import { Divider, IconButton, ListItemText, ListSubheader, Menu, MenuItem } from "@mui/material";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { lazy, type RefObject, useEffect, useRef, useState } from "react";
import { version } from "../../../package.json";
import { useSession } from "../../api/session.tsx";
import { useOpenExternal } from "../../common/external-link.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { useCopy } from "../../common/use-copy.ts";
import { plural } from "../../model/format.ts";
import { adminConsole, HELP_URL } from "../../model/help.ts";
import { DiagnosticsItems } from "../help/diagnostics-items.tsx";

const ConfirmDialog = lazy(() => import("../../common/confirm-dialog.tsx"));
const LogDialog = lazy(() => import("../help/log-dialog.tsx"));
const SettingsDialog = lazy(() => import("../settings/settings-dialog.tsx"));

type Dialog = "log-out" | "stop-all" | "settings" | "logs";

export function AccountMenu({ snapshot }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useReturnOfFocus(dialog !== null, button);
  const { node, accounts, versions } = snapshot;
  const loggedIn = node.state === "connected" || node.state === "paused" || node.state === "connecting";
  const console = adminConsole(snapshot);
  const openExternal = useOpenExternal();
  const copy = useCopy();
  // Bug reports include this text, so it lists missing kernel features.
  const versionWords = [
    ...[
      `Panel ${version}`,
      `Backend ${versions.backend}`,
      `Tailscale ${versions.tailscale ?? "not running"}`,
    ],
    ...snapshot.dataPlane.missing.map(({ ability, cost }) => `Kernel without ${ability}: ${cost}`),
  ].join(" · ");
  const shared = snapshot.workloads.filter(({ share }) => share !== null);

  const pick = (run: () => unknown) => () => {
    setAnchor(null);
    run();
  };
  return (
    <>
      <IconButton
        ref={button}
        aria-label="Account and settings"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        title="Account and settings"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <AccountCircle />
      </IconButton>
      <Menu
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        slotProps={{ paper: { sx: { maxWidth: 360 } }, list: { dense: true } }}
      >
        {node.state === "paused" && (
          <MenuItem onClick={pick(() => actions.patchNode({ connected: true }))}>Resume sharing</MenuItem>
        )}
        {(node.state === "connected" || node.state === "connecting") && (
          <MenuItem onClick={pick(() => actions.patchNode({ connected: false }))}>
            <ListItemText primary="Pause sharing" secondary="Nothing is reachable until you resume" />
          </MenuItem>
        )}
        {shared.length > 0 && (
          <MenuItem onClick={pick(() => setDialog("stop-all"))}>Stop sharing everything</MenuItem>
        )}
        <Divider />
        <ListSubheader role="presentation" sx={{ lineHeight: "32px", bgcolor: "transparent" }}>
          Accounts
        </ListSubheader>
        {accounts.map((account) => (
          <MenuItem
            key={account.id}
            role="menuitemradio"
            aria-checked={account.current}
            selected={account.current}
            onClick={pick(() => account.current || actions.patchNode({ account: account.id }))}
          >
            <ListItemText
              primary={account.user}
              secondary={
                account.current
                  ? `${account.tailnet} · in use`
                  : `${account.tailnet} · ${switchText(node, account.tailnet, shared.length)}`
              }
              slotProps={{ primary: { noWrap: true }, secondary: { noWrap: account.current, sx: WRAPS } }}
            />
          </MenuItem>
        ))}
        {loggedIn && (
          <MenuItem onClick={pick(() => actions.login({ anotherAccount: true }))}>
            <ListItemText
              primary="Log in to another account"
              secondary={switchText(node, null, shared.length)}
              slotProps={{ secondary: { sx: WRAPS } }}
            />
          </MenuItem>
        )}
        <Divider />
        <MenuItem onClick={pick(() => setDialog("settings"))}>Settings</MenuItem>
        {console !== null && (
          <MenuItem onClick={pick(() => openExternal(console))}>Open the admin console</MenuItem>
        )}
        <Divider />
        <MenuItem onClick={pick(() => setDialog("logs"))}>View logs</MenuItem>
        <DiagnosticsItems close={() => setAnchor(null)} />
        <MenuItem onClick={pick(() => openExternal(HELP_URL))}>Help</MenuItem>
        <MenuItem onClick={pick(() => copy(versionWords))}>
          <ListItemText
            primary="Copy version info"
            secondary={versionWords}
            slotProps={{ secondary: { sx: WRAPS } }}
          />
        </MenuItem>
        <Divider />
        {(loggedIn || node.state === "expired" || node.state === "needs-approval") && (
          <MenuItem onClick={pick(() => setDialog("log-out"))}>Log out</MenuItem>
        )}
      </Menu>
      <LazyPart>
        {dialog === "settings" && <SettingsDialog snapshot={snapshot} onClose={() => setDialog(null)} />}
        {dialog === "logs" && <LogDialog onClose={() => setDialog(null)} />}
        {dialog === "log-out" && (
          <ConfirmDialog
            title="Log out?"
            text={logOutText(shared.length)}
            confirm="Log out"
            onConfirm={() => void actions.logout()}
            onClose={() => setDialog(null)}
          />
        )}
        {dialog === "stop-all" && (
          <ConfirmDialog
            title="Stop sharing everything?"
            text={`${plural(shared.length, "container", "containers")} will no longer be reachable from your tailnet. You can undo this for 8 seconds.`}
            confirm="Stop sharing"
            onConfirm={() => void actions.unshareAll(shared, "Stopped sharing everything")}
            onClose={() => setDialog(null)}
          />
        )}
      </LazyPart>
    </>
  );
}

const WRAPS = { whiteSpace: "normal", overflowWrap: "anywhere" };

/** `to` is null while the target tailnet is unknown. */
function switchText(node: NodeState, to: string | null, shares: number): string {
  const target = to === null ? "the other tailnet" : to;
  if (node.state !== "connected" && node.state !== "paused" && node.state !== "connecting")
    return `Your shares move to ${target}.`;
  const current = node.state === "connecting" ? "this tailnet" : node.tailnet;
  if (shares === 0) return `This node leaves ${current} and joins ${target}.`;
  return `Moves your ${shareWords(shares)} from ${current} to ${target}.`;
}

/** Returns the focus when a dialog closes. The menu that opened it is gone, and a dialog restores the focus to nothing else. */
function useReturnOfFocus(open: boolean, to: RefObject<HTMLElement | null>): void {
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) to.current?.focus();
    wasOpen.current = open;
  }, [open, to]);
}

function logOutText(shares: number): string {
  if (shares === 0) return "This node leaves the tailnet.";
  const [go, are] = shares === 1 ? ["goes", "It's"] : ["go", "They're"];
  return `This node leaves the tailnet and your ${shareWords(shares)} ${go} offline. ${are} kept for your next login.`;
}

/** `share`, or `3 shares`, after 'your'. */
function shareWords(count: number): string {
  return count === 1 ? "share" : `${count} shares`;
}
