import AccountCircle from "@mui/icons-material/AccountCircle";
import { Divider, IconButton, ListSubheader, Menu, MenuItem } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useMayChange, useSession } from "../../api/session.tsx";
import { LOOK_ONLY } from "../../common/changes.tsx";
import { useOpenExternal } from "../../common/external-link.tsx";
import { adminConsole, HELP_URL } from "../../model/help.ts";
import { DiagnosticsItems } from "../help/diagnostics-items.tsx";
import { type AccountDialog, AccountDialogs } from "./account-dialogs.tsx";
import { accountItems, connectionItems, isLoggedIn } from "./account-items.tsx";
import { VersionItem } from "./version-item.tsx";

export function AccountMenu({ snapshot }: { snapshot: Snapshot }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [dialog, setDialog] = useState<AccountDialog | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useReturnOfFocus(dialog !== null, button);
  return (
    <>
      <IconButton
        ref={button}
        aria-label="Account and settings"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        data-hint="Account and settings"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <AccountCircle />
      </IconButton>
      <Items snapshot={snapshot} anchor={anchor} close={() => setAnchor(null)} show={setDialog} />
      <AccountDialogs snapshot={snapshot} dialog={dialog} onClose={() => setDialog(null)} />
    </>
  );
}

const SUBHEADER = { lineHeight: "32px", bgcolor: "transparent" };

interface ItemsProps {
  readonly snapshot: Snapshot;
  /** The menu's button; null while the menu is closed. */
  readonly anchor: HTMLElement | null;
  readonly close: () => void;
  readonly show: (dialog: AccountDialog) => void;
}

function Items({ snapshot, anchor, close, show }: ItemsProps) {
  const { actions } = useSession();
  const off = !useMayChange();
  const openExternal = useOpenExternal();
  const { node, workloads } = snapshot;
  const console = adminConsole(snapshot);
  const pick = (run: () => unknown) => () => {
    close();
    run();
  };
  return (
    <Menu
      open={anchor !== null}
      anchorEl={anchor}
      onClose={close}
      slotProps={{ paper: { sx: { maxWidth: 360 } } }}
    >
      {off && (
        <ListSubheader role="presentation" sx={SUBHEADER}>
          {LOOK_ONLY}
        </ListSubheader>
      )}
      {connectionItems(snapshot, { actions, off, pick })}
      {workloads.some(({ share }) => share !== null) && (
        <MenuItem disabled={off} onClick={pick(() => show("stop-all"))}>
          Stop sharing everything
        </MenuItem>
      )}
      <Divider />
      <ListSubheader role="presentation" sx={SUBHEADER}>
        Accounts
      </ListSubheader>
      {accountItems(snapshot, { actions, off, pick })}
      <Divider />
      <MenuItem onClick={pick(() => show("settings"))}>Settings</MenuItem>
      {console !== null && (
        <MenuItem onClick={pick(() => openExternal(console))}>Open the admin console</MenuItem>
      )}
      <Divider />
      <MenuItem onClick={pick(() => show("logs"))}>View logs</MenuItem>
      <DiagnosticsItems close={close} />
      <MenuItem onClick={pick(() => openExternal(HELP_URL))}>Help</MenuItem>
      <VersionItem snapshot={snapshot} close={close} />
      <Divider />
      {(isLoggedIn(node) || node.state === "expired" || node.state === "needs-approval") && (
        <MenuItem disabled={off} onClick={pick(() => show("log-out"))}>
          Log out
        </MenuItem>
      )}
    </Menu>
  );
}

/** Returns the focus when a dialog closes. The menu that opened it is gone, and a dialog restores the focus to nothing else. */
function useReturnOfFocus(open: boolean, to: RefObject<HTMLElement | null>): void {
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) to.current?.focus();
    wasOpen.current = open;
  }, [open, to]);
}
