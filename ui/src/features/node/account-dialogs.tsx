import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useSession } from "../../api/session.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { plural } from "../../model/format.ts";
import { shareWords } from "./share-words.ts";

const ConfirmDialog = lazyPart(() => import("../../common/confirm-dialog.tsx"));
const LogDialog = lazyPart(() => import("../help/log-dialog.tsx"));
const SettingsDialog = lazyPart(() => import("../settings/settings-dialog.tsx"));

export type AccountDialog = "log-out" | "stop-all" | "settings" | "logs";

interface AccountDialogsProps {
  readonly snapshot: Snapshot;
  /** The open dialog; null for none. */
  readonly dialog: AccountDialog | null;
  readonly onClose: () => void;
}

/** The dialogs that the account menu opens. */
export function AccountDialogs({ snapshot, dialog, onClose }: AccountDialogsProps) {
  const { actions } = useSession();
  const shared = snapshot.workloads.filter(({ share }) => share !== null);
  return (
    <LazyPart>
      {dialog === "settings" && <SettingsDialog snapshot={snapshot} onClose={onClose} />}
      {dialog === "logs" && <LogDialog onClose={onClose} />}
      {dialog === "log-out" && (
        <ConfirmDialog
          title="Log out?"
          text={logOutText(shared.length)}
          confirm="Log out"
          onConfirm={() => void actions.logout()}
          onClose={onClose}
        />
      )}
      {dialog === "stop-all" && (
        <ConfirmDialog
          title="Stop sharing everything?"
          text={`${plural(shared.length, "container", "containers")} will no longer be reachable from your tailnet. You can undo this for 8 seconds.`}
          confirm="Stop sharing"
          onConfirm={() => void actions.unshareAll(shared, "Stopped sharing everything")}
          onClose={onClose}
        />
      )}
    </LazyPart>
  );
}

function logOutText(shares: number): string {
  if (shares === 0) return "This node leaves the tailnet.";
  const [go, are] = shares === 1 ? ["goes", "It's"] : ["go", "They're"];
  return `This node leaves the tailnet and your ${shareWords(shares)} ${go} offline. ${are} kept for your next login.`;
}
