import { AppError } from "@tailnet-share/contract/errors";
import { sameServer } from "../control/home.ts";
import { renameNode } from "../settings/settings.ts";
import type { Application, ApplicationDependencies } from "./dependencies.ts";
import type { Settle } from "./settle.ts";

/** Login, logout, pause, accounts and name of the extension's own node. */
export function nodeUseCases(
  { settings, node }: Pick<ApplicationDependencies, "settings" | "node">,
  { settledSnapshot }: Settle,
): Pick<Application, "login" | "cancelLogin" | "logout" | "patchNode"> {
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

  async function rename(hostname: string): Promise<void> {
    await renameNode(settings, await node.currentAccount(), hostname);
  }

  return {
    async login({ authKey, controlUrl, hostname, fresh = false, anotherAccount = false }) {
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
    },

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
