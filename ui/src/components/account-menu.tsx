import AccountCircle from "@mui/icons-material/AccountCircle";
import { Divider, IconButton, ListItemText, ListSubheader, Menu, MenuItem } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/model";
import { lazy, type RefObject, Suspense, useEffect, useRef, useState } from "react";
import { useSession } from "../api/session.tsx";
import { plural } from "../model/format.ts";

const ConfirmDialog = lazy(() => import("./confirm-dialog.tsx"));
const SettingsDialog = lazy(() => import("./settings/settings-dialog.tsx"));

type Dialog = "log-out" | "stop-all" | "settings";

export function AccountMenu({ snapshot }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useReturnOfFocus(dialog !== null, button);
  const { node, accounts, versions } = snapshot;
  const loggedIn = node.state === "connected" || node.state === "paused" || node.state === "connecting";
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
        slotProps={{ paper: { sx: { maxWidth: 360 } } }}
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
              secondary={account.current ? `${account.tailnet} · in use` : account.tailnet}
              slotProps={{ primary: { noWrap: true }, secondary: { noWrap: true } }}
            />
          </MenuItem>
        ))}
        {loggedIn && (
          <MenuItem onClick={pick(() => actions.login({ anotherAccount: true }))}>
            Log in to another account
          </MenuItem>
        )}
        <Divider />
        <MenuItem onClick={pick(() => setDialog("settings"))}>Settings</MenuItem>
        <Diagnostics close={() => setAnchor(null)} />
        {(loggedIn || node.state === "expired" || node.state === "needs-approval") && (
          <MenuItem onClick={pick(() => setDialog("log-out"))}>Log out</MenuItem>
        )}
        <Divider />
        <ListSubheader
          role="presentation"
          sx={{ lineHeight: 1.6, py: 0.5, bgcolor: "transparent", fontWeight: 400 }}
        >
          Tailnet Share {versions.backend} · Tailscale {versions.tailscale ?? "not running"}
        </ListSubheader>
      </Menu>
      <Suspense>
        {dialog === "settings" && <SettingsDialog snapshot={snapshot} onClose={() => setDialog(null)} />}
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
            onConfirm={() => void actions.unshareAll(shared, "Nothing is shared any more")}
            onClose={() => setDialog(null)}
          />
        )}
      </Suspense>
    </>
  );
}

/** The menu that led to a dialog is gone when it closes, and a dialog gives the focus back to nothing else. */
function useReturnOfFocus(open: boolean, to: RefObject<HTMLElement | null>): void {
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) to.current?.focus();
    wasOpen.current = open;
  }, [open, to]);
}

function logOutText(shares: number): string {
  const node = "This node leaves your tailnet and its name and addresses stop answering.";
  if (shares === 0) return node;
  const what = plural(shares, "shared container becomes", "shared containers become");
  return `${node} ${what} unreachable; the list of what you share is kept for the next log-in.`;
}

function Diagnostics({ close }: { close: () => void }) {
  const { actions, host, notices } = useSession();
  async function collect(use: (text: string) => Promise<void> | void) {
    close();
    const report = await actions.diagnostics();
    if (report) await use(JSON.stringify(report, null, 2));
  }
  const download = (text: string) => {
    host.save("tailnet-share-diagnostics.json", text);
    notices.info("Saved tailnet-share-diagnostics.json, without secrets");
  };
  const copy = async (text: string) => {
    if (await host.copy(text)) notices.info("Copied the diagnostics, without secrets");
    else
      notices.error(
        "The diagnostics could not be copied.",
        "The clipboard is out of reach.",
        "Download them instead.",
      );
  };
  return [
    <MenuItem key="download" onClick={() => void collect(download)}>
      Download diagnostics
    </MenuItem>,
    <MenuItem key="copy" onClick={() => void collect(copy)}>
      Copy diagnostics
    </MenuItem>,
  ];
}
