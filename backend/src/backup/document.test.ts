import { expect, test } from "vitest";
import { SHARES_VERSION } from "../shares/stored-share.ts";
import { settingsFile, share } from "../testing.ts";
import { type BackupContent, readBackup, writeBackup } from "./document.ts";

const content: BackupContent = {
  device: "docker",
  shares: { version: SHARES_VERSION, shares: [share("web")], retiring: [] },
  settings: settingsFile(),
  identities: null,
};
const AT = new Date("2026-11-23T12:00:00Z");
/** The backup after a round trip through a file. */
const saved = () => JSON.parse(JSON.stringify(writeBackup(content, AT))) as ReturnType<typeof writeBackup>;

test("a backup is read as it was written", () => {
  expect(readBackup(saved())).toEqual(content);
  expect(saved().createdAt).toBe("2026-11-23T12:00:00.000Z");
});

test("a backup of an older release is read by the migrations of the store", () => {
  const shares = { version: 1, shares: [] };
  const settings = { version: 1, controlUrl: "https://headscale.example", hostname: "docker" };
  const read = readBackup({ ...saved(), shares, settings });
  expect(read.shares).toEqual({ version: SHARES_VERSION, shares: [], retiring: [] });
  expect(read.settings).toMatchObject({ controlUrl: "https://headscale.example", oneClick: "auto" });
});

test.each([
  ["something else", { hello: "world" }, "isn't a Tailnet Share backup"],
  ["nothing", null, "isn't a Tailnet Share backup"],
  ["a newer format", { ...saved(), version: 2 }, "isn't a Tailnet Share backup"],
  ["newer shares", { ...saved(), shares: { version: 9 } }, "newer release"],
  ["one letter that was changed", altered(), "damaged"],
  ["a control server that is none", settingsWith({ controlUrl: "javascript:alert(1)" }), "damaged"],
  ["a name that no device may have", settingsWith({ hostname: "-rm -rf" }), "damaged"],
  ["an image that is none of tailscale's", settingsWith({ machineTailscale: "latest@evil/x" }), "damaged"],
  [
    "a share that is none",
    { ...saved(), shares: { version: SHARES_VERSION, shares: [{}], retiring: [] } },
    "damaged",
  ],
])("%s is refused, and the words say why", (_, document, words) => {
  expect(() => readBackup(document)).toThrow(words);
});

function settingsWith(more: object) {
  return { ...saved(), settings: { ...content.settings, ...more } };
}

function altered() {
  const backup = saved();
  return { ...backup, settings: { ...backup.settings, hostname: "dokcer" } };
}
