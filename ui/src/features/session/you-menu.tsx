import ExpandMore from "@mui/icons-material/ExpandMore";
import { Box, Button, ListSubheader, Menu, MenuItem, Typography } from "@mui/material";
import type { You } from "@tailnet-share/contract/session";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import type { Visitor } from "../../api/visitor.ts";
import { LOOK_ONLY } from "../../common/changes.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { ELLIPSIS } from "../../common/styles.ts";
import type { Problem } from "../../host/problem.ts";

const ConfirmDialog = lazyPart(() => import("../../common/confirm-dialog.tsx"));

/** Shows who uses the panel, and what their role allows. Loaded on demand. */
export default function YouMenu({ visitor }: { visitor: Visitor }) {
  const state = useStore(visitor.state);
  return state.kind === "in" && <Menus visitor={visitor} you={state.you} />;
}

/** A link is nobody's name. */
function whoIs({ door, name }: You): { readonly short: string; readonly full: string } {
  return door === "link"
    ? { short: "Signed in by link", full: "Signed in by link" }
    : { short: name, full: `Signed in: ${name}` };
}

function Menus({ visitor, you }: { visitor: Visitor; you: You }) {
  const { notices } = useSession();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [asking, setAsking] = useState(false);
  const mayChange = you.role === "edit";
  const who = whoIs(you);

  async function leave(send: () => Promise<Problem | null>, failed: string) {
    const problem = await send();
    if (problem) notices.error(failed, problem.message, problem.hint);
    else if (visitor.state.get().kind === "in") notices.info("Everybody who came by a link is signed out.");
  }
  function pick(run: () => void) {
    setAnchor(null);
    run();
  }
  return (
    <Box sx={{ flex: "none", maxWidth: { xs: 132, sm: 240 }, textAlign: "right" }}>
      <Button
        size="small"
        color="inherit"
        aria-label={who.full}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        data-hint={who.full}
        endIcon={<ExpandMore />}
        onClick={(event) => setAnchor(event.currentTarget)}
        sx={{ maxWidth: "100%" }}
      >
        <Box component="span" sx={ELLIPSIS}>
          {who.short}
        </Box>
      </Button>
      {!mayChange && (
        <Typography variant="caption" component="div" color="text.secondary" sx={{ px: 0.625 }}>
          {LOOK_ONLY}
        </Typography>
      )}
      <Menu
        open={anchor !== null}
        anchorEl={anchor}
        onClose={() => setAnchor(null)}
        slotProps={{ paper: { sx: { maxWidth: 360 } }, list: { dense: true } }}
      >
        <ListSubheader
          role="presentation"
          sx={{ lineHeight: "20px", py: 1, bgcolor: "transparent", overflowWrap: "anywhere" }}
        >
          {who.full}
          <br />
          {mayChange ? "You can look and change" : LOOK_ONLY}
        </ListSubheader>
        {you.door === "link" && (
          <MenuItem onClick={() => pick(() => void leave(visitor.signOut, "Couldn't sign out."))}>
            Sign out
          </MenuItem>
        )}
        {mayChange && <MenuItem onClick={() => pick(() => setAsking(true))}>Sign everybody out</MenuItem>}
      </Menu>
      {asking && (
        <LazyPart>
          <ConfirmDialog
            title="Sign everybody out?"
            text={`Everybody who came by a link needs a new one${you.door === "link" ? ", also you" : ""}. Shares aren't affected.`}
            confirm="Sign everybody out"
            onConfirm={() => void leave(visitor.signOutEverybody, "Couldn't sign everybody out.")}
            onClose={() => setAsking(false)}
          />
        </LazyPart>
      )}
    </Box>
  );
}
