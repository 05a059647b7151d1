import type { Backup } from "@tailnet-share/contract/backup";
import { describe, expect, it } from "vitest";
import { backupFileName, backupWords, parseBackupFile, passphraseProblem } from "./backup-file.ts";

const backup: Backup = {
  format: "tailnet-share-backup",
  version: 1,
  createdAt: "2026-11-23T12:00:00.000Z",
  device: "docker",
  shares: { version: 2, shares: [{}] },
  settings: {},
  identities: null,
};

describe("a backup's file", () => {
  it("is called after the device and the day", () => {
    expect(backupFileName(backup)).toBe("tailnet-share-docker-2026-11-23.json");
    expect(backupFileName({ ...backup, device: "" })).toBe("tailnet-share-2026-11-23.json");
  });

  it("is read when it is one, and nothing else is", () => {
    expect(parseBackupFile(JSON.stringify(backup))).toEqual(backup);
    expect(parseBackupFile("{}")).toBeNull();
    expect(parseBackupFile("no JSON")).toBeNull();
    expect(parseBackupFile(JSON.stringify({ ...backup, device: "x".repeat(9_000_000) }))).toBeNull();
  });

  it("is told of in one line, also when its date is nonsense", () => {
    expect(backupWords(backup, "en")).toBe("Backup of docker of November 23, 2026: 1 share, no identities.");
    expect(backupWords({ ...backup, device: "", createdAt: "soon", shares: {} }, "en")).toBe(
      "A backup: 0 shares, no identities.",
    );
  });
});

describe("a passphrase", () => {
  it("is not wrong before somebody types, and too short until it has 12 characters", () => {
    expect(passphraseProblem("")).toBeNull();
    expect(passphraseProblem("elevenchars")).toBe("At least 12 characters.");
    expect(passphraseProblem("twelve chars")).toBeNull();
  });
});
