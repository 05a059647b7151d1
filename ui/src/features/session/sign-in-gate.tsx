import { Dialog } from "@mui/material";
import { type ReactNode, useId } from "react";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import type { Visitor } from "../../api/visitor.ts";
import { SignInPage } from "./sign-in-page.tsx";

/** Draws the panel for a signed-in user and the page to sign in for everybody else. */
export function SignInGate({ children }: { children: ReactNode }) {
  const { visitor } = useSession();
  return visitor === null ? children : <Gate visitor={visitor}>{children}</Gate>;
}

function Gate({ visitor, children }: { visitor: Visitor; children: ReactNode }) {
  const state = useStore(visitor.state);
  const id = useId();
  if (state.kind === "out" && !state.ended) return <SignInPage visitor={visitor} state={state} />;
  return (
    <>
      {children}
      {state.kind === "out" && (
        // Above the panel, which keeps what the user has typed.
        <Dialog
          open
          fullScreen
          transitionDuration={0}
          aria-labelledby={id}
          slotProps={{ paper: { elevation: 0, sx: { bgcolor: "background.default" } } }}
        >
          <SignInPage visitor={visitor} state={state} titleId={id} />
        </Dialog>
      )}
    </>
  );
}
