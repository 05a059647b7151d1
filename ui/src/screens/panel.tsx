import { assertNever } from "@tailnet-share/contract/errors";
import { useSession, useSnapshot } from "../api/session.tsx";
import { useStore } from "../api/store.ts";
import { NodeHeader } from "../features/node/node-header.tsx";
import { LoggedOutScreen } from "../features/sign-in/logged-out-screen.tsx";
import { NeedsApprovalScreen } from "../features/sign-in/needs-approval-screen.tsx";
import { screenOf } from "../model/screen.ts";
import { FailedScreen } from "./failed-screen.tsx";
import { LinkBanner } from "./link-banner.tsx";
import { ListScreen } from "./list-screen.tsx";
import { LoadingScreen } from "./loading-screen.tsx";
import { StartingScreen } from "./starting-screen.tsx";
import { UnreachableScreen } from "./unreachable-screen.tsx";

/** Picks the screen. The header stays in place, so that nothing jumps when the state changes. */
export function Panel() {
  const session = useSession();
  const snapshot = useSnapshot();
  const link = useStore(session.link);
  const screen = screenOf(snapshot, link);
  if (screen.kind === "unreachable") return <UnreachableScreen problem={screen.problem} />;
  if (!snapshot || screen.kind === "loading") return <LoadingScreen />;

  const body = () => {
    switch (screen.kind) {
      case "starting":
        return <StartingScreen waitsFor={screen.waitsFor} />;
      case "logged-out":
        return <LoggedOutScreen node={screen.node} snapshot={snapshot} />;
      case "needs-approval":
        return <NeedsApprovalScreen adminUrl={screen.adminUrl} />;
      case "failed":
        return <FailedScreen fault={screen.fault} snapshot={snapshot} />;
      case "list":
        return <ListScreen node={screen.node} snapshot={snapshot} />;
      default:
        return assertNever(screen);
    }
  };
  return (
    <>
      <NodeHeader snapshot={snapshot} />
      {body()}
      {/* Last, so that it takes its space from below and nothing moves. */}
      <LinkBanner link={link} />
    </>
  );
}
