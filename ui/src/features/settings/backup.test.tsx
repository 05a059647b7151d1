import type { Backup } from "@tailnet-share/contract/backup";
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const plain: Backup = {
  format: "tailnet-share-backup",
  version: 1,
  createdAt: "2026-11-23T12:00:00.000Z",
  device: "docker",
  shares: { version: 2, shares: [{}, {}] },
  settings: { version: 2 },
  identities: null,
};
const sealed: Backup = { ...plain, identities: { salt: "AAAA", nonce: "AAAA", sealed: "AAAA" } };

async function opened() {
  const panel = await renderPanel(snapshot({ workloads: [workload({ share: share() })] }));
  await panel.user.click(screen.getByRole("button", { name: "Account and settings" }));
  await panel.user.click(screen.getByRole("menuitem", { name: "Settings" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Settings" }));
  const choose = async (text: string) => {
    await panel.user.upload(dialog.getByLabelText("Backup file"), new File([text], "backup.json"));
    await panel.settle();
  };
  return { ...panel, dialog, choose };
}

describe("a backup", () => {
  it("is saved as a file without identities, unless asked for", async () => {
    const { host, user, dialog } = await opened();
    host.on("POST /backup", () => plain);
    await user.click(dialog.getByRole("button", { name: "Back up" }));
    expect(host.changes.at(-1)).toMatchObject({ path: "/backup", body: {} });
    expect(host.saved).toHaveLength(1);
    expect(host.saved[0]).toContain("tailnet-share-docker-2026-11-23.json");
  });

  it("with identities needs a passphrase that is long enough", async () => {
    const { host, user, dialog } = await opened();
    host.on("POST /backup", () => sealed);
    await user.click(dialog.getByRole("checkbox", { name: "Include device identities" }));
    const before = host.changes.length;
    await user.click(dialog.getByRole("button", { name: "Back up" }));
    await user.type(dialog.getByLabelText("Passphrase for the backup"), "too short");
    expect(dialog.getByText("At least 12 characters.")).toBeTruthy();
    await user.click(dialog.getByRole("button", { name: "Back up" }));
    expect(host.changes).toHaveLength(before);
    await user.type(dialog.getByLabelText("Passphrase for the backup"), " no more");
    await user.click(dialog.getByRole("button", { name: "Back up" }));
    expect(host.changes.at(-1)?.body).toEqual({ passphrase: "too short no more" });
  });

  it("a backup that cannot be made says why", async () => {
    const { host, user, dialog } = await opened();
    host.on("POST /backup", () =>
      Promise.reject(new Problem("INTERNAL", "Something went wrong.", "Try again.")),
    );
    await user.click(dialog.getByRole("button", { name: "Back up" }));
    expect(await dialog.findByText("Something went wrong.")).toBeTruthy();
    expect(host.saved).toEqual([]);
  });
});

describe("restoring", () => {
  it("says what the file holds and what it replaces, before anything happens", async () => {
    const { host, user, dialog, choose } = await opened();
    await choose(JSON.stringify(plain));
    expect(dialog.getByText(/Backup of docker of .*2026: 2 shares, no identities\./)).toBeTruthy();
    expect(dialog.getByText(/Replaces your settings and 1 share/)).toBeTruthy();
    expect(dialog.queryByLabelText("Passphrase of the backup")).toBeNull();
    const before = host.changes.length;
    host.on("POST /restore", () => snapshot());
    await user.click(dialog.getByRole("button", { name: "Restore" }));
    expect(host.changes.slice(before)).toMatchObject([{ path: "/restore", body: { backup: plain } }]);
    expect(dialog.getByText("Restored")).toBeTruthy();
  });

  it("brings identities back with the passphrase, and is told when the first machine still runs", async () => {
    const { host, user, dialog, choose } = await opened();
    host.on("POST /restore", () =>
      Promise.reject(new Problem("IDENTITY_IN_USE", "docker.tail.test is still online.", "Stop it there.")),
    );
    await choose(JSON.stringify(sealed));
    await user.type(dialog.getByLabelText("Passphrase of the backup"), "correct horse battery");
    await user.click(dialog.getByRole("button", { name: "Restore" }));
    expect(host.changes.at(-1)?.body).toEqual({ backup: sealed, passphrase: "correct horse battery" });
    expect(await dialog.findByText("docker.tail.test is still online.")).toBeTruthy();
    expect(dialog.getByRole("button", { name: "Restore" })).toBeTruthy();
  });

  it("refuses a file that is no backup", async () => {
    const { dialog, choose } = await opened();
    await choose('{"hello": "world"}');
    expect(dialog.getByText(/This isn't a Tailnet Share backup/)).toBeTruthy();
    expect(dialog.queryByRole("button", { name: "Restore" })).toBeNull();
  });
});
