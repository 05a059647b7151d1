import type { Client } from "@tailnet-share/contract/client";
import type { Login, PatchNode } from "@tailnet-share/contract/log-in";
import type { Problem } from "../host/problem.ts";
import type { LinkOpener } from "./link-opener.ts";
import type { Sender } from "./sender.ts";

export interface NodeActions {
  login(login: Login): Promise<boolean>;
  cancelLogin(): Promise<boolean>;
  /** Requests a new key for this node. Shares stay reachable meanwhile. */
  renewKey(): Promise<boolean>;
  logout(): Promise<boolean>;
  patchNode(patch: PatchNode): Promise<boolean>;
  /** Renames the device of a logged-in node. Returns null when saved, otherwise the reason. */
  renameNode(hostname: string): Promise<Problem | null>;
}

export function createNodeActions(client: Client, sender: Sender, opener: LinkOpener): NodeActions {
  const { attempt, change } = sender;
  return {
    login(login) {
      if (login.authKey === undefined) opener.expect(login.fresh ?? false);
      return change(() => client.login(login), "Couldn't start the login.");
    },
    cancelLogin() {
      opener.dismiss();
      return change(() => client.cancelLogin(), "Couldn't cancel the login.");
    },
    renewKey() {
      opener.expect(false);
      return change(() => client.login({}), "Couldn't renew the key.");
    },
    logout: () => change(() => client.logout(), "Couldn't log out."),
    patchNode: (patch) => change(() => client.patchNode(patch), "Couldn't save the change."),
    renameNode: (hostname) => attempt(() => client.patchNode({ hostname })),
  };
}
