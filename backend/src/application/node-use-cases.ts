import { AppError } from "@tailnet-share/contract/errors";
import { sameServer } from "../control/home.ts";
import { renameNode } from "../settings/settings.ts";
import type { Application, ApplicationDependencies } from "./dependencies.ts";
import type { Settle } from "./settle.ts";

/** Login, logout, pause, accounts and name of the extension's own node. */
export function nodeUseCases(
  { settings, node }: Dependencies,
  { settledSnapshot }: Settle,
): Pick<Application, "login" | "cancelLogin" | "logout" | "patchNode"> {
  const rename = createRename({ settings, node });

  return {
    login: createLogin({ settings, node }, rename, settledSnapshot),

    async cancelLogin() {
      await node.cancelLogin();
      return await settledSnapshot();
    },

    async logout() {
      await node.logout();
      return await settledSnapshot();
    },

    async patchNode(changes) {
      if (Object.keys(changes).length === 0)
        throw new AppError("BAD_REQUEST", "The request changes nothing.");
      const { account, hostname, connected } = changes;
      if (account !== undefined) await node.switchAccount(account);
      if (hostname !== undefined) await rename(hostname);
      if (connected !== undefined) await node.setConnected(connected);
      return await settledSnapshot();
    },
  };
}

type Dependencies = Pick<ApplicationDependencies, "settings" | "node">;
type Rename = (hostname: string) => Promise<void>;

function createRename({ settings, node }: Dependencies): Rename {
  return async (hostname) => await renameNode(settings, await node.currentAccount(), hostname);
}

/** Logs in, or renews the key of a node that is logged in already. */
function createLogin(
  { settings, node }: Dependencies,
  rename: Rename,
  settledSnapshot: Settle["settledSnapshot"],
): Application["login"] {
  /** A new key must come from the present control server. */
  function refuseOtherServer(controlUrl: string | undefined): void {
    const present = node.accounts().find(({ current }) => current)?.controlUrl;
    if (controlUrl === undefined || present === undefined || sameServer(controlUrl, present)) return;
    throw new AppError(
      "BAD_REQUEST",
      "This node is connected through another control server.",
      "Log in to another account there, or log out first.",
    );
  }

  return async ({ authKey, controlUrl, hostname, fresh = false, anotherAccount = false }) => {
    if (node.state().state === "connected" && !anotherAccount) {
      refuseOtherServer(controlUrl);
      if (hostname !== undefined) await rename(hostname);
      await node.renewKey({ authKey, fresh });
      return await settledSnapshot();
    }
    const wanted = await settings.update((before) => ({
      ...before,
      controlUrl: controlUrl ?? before.controlUrl,
      hostname: hostname ?? before.hostname,
      // The account is known only once it has logged in.
      hostnameAccount: "",
    }));
    await node.login({
      authKey,
      controlUrl: wanted.controlUrl,
      hostname: wanted.hostname,
      fresh,
      anotherAccount,
    });
    return await settledSnapshot();
  };
}
