import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, test, vi } from "vitest";
import { openFlowLogsNote } from "./flow-logs-note.ts";

const quiet = pino({ level: "silent" });
const folder = async () => await mkdtemp(join(tmpdir(), "tailnet-share-flow-logs-"));

test("a note is there after a restart, until it is taken back", async () => {
  const path = join(await folder(), "note");
  const first = await openFlowLogsNote(path, quiet);
  expect(first.profile).toBeNull();
  first.keep("a1b2");
  await first.written();
  const second = await openFlowLogsNote(path, quiet);
  expect(second.profile).toBe("a1b2");
  second.keep("b");
  second.keep(null);
  await second.written();
  expect((await openFlowLogsNote(path, quiet)).profile).toBeNull();
});

test("a folder that can't be written is logged, and no failure", async () => {
  const path = join(await folder(), "missing", "note");
  const warn = vi.fn();
  const note = await openFlowLogsNote(path, { warn });
  note.keep("a1b2");
  await note.written();
  expect(warn).toHaveBeenCalledOnce();
  expect(await readdir(join(path, "..", ".."))).toEqual([]);
});
