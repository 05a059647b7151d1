import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { createUnixHttp } from "../net/unix-http.ts";
import { isPlainFolder, readPlainFile } from "./plain-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-plain-"));
});

test("a file is read, a link to it is not, nor a folder, nor more of it than is wanted [S047]", async () => {
  const [file, link] = [join(folder, "file"), join(folder, "link")];
  await writeFile(file, "text");
  await symlink(file, link);
  expect((await readPlainFile(file, 4)).toString()).toBe("text");
  await expect(readPlainFile(link, 4)).rejects.toMatchObject({ code: "ELOOP" });
  await expect(readPlainFile(file, 3)).rejects.toThrow("not a file of that kind");
  await expect(readPlainFile(folder, 4_096)).rejects.toThrow();
});

test("a link to a folder is none", async () => {
  await mkdir(join(folder, "real"));
  await symlink(join(folder, "real"), join(folder, "link"));
  expect(await isPlainFolder(join(folder, "real"))).toBe(true);
  expect(await isPlainFolder(join(folder, "link"))).toBe(false);
  expect(await isPlainFolder(join(folder, "nothing"))).toBe(false);
});

test("a socket is talked to, and none that only a link leads to [S048]", async () => {
  const [socket, link] = [join(folder, "socket"), join(folder, "link")];
  const asked: string[] = [];
  const server = createServer(({ url = "" }, answer) => {
    asked.push(url);
    answer.end("hello");
  });
  await new Promise<void>((listening) => server.listen(socket, listening));
  try {
    await symlink(socket, link);
    await writeFile(join(folder, "file"), "");
    const ask = async (path: string, fresh: boolean) =>
      await createUnixHttp(path, "host", { plain: true }).send({ method: "GET", path: "/it", fresh });
    for (const fresh of [true, false]) {
      expect(await ask(socket, fresh)).toMatchObject({ status: 200, body: "hello" });
      await expect(ask(link, fresh)).rejects.toMatchObject({ code: "ENOTSOCK" });
      await expect(ask(join(folder, "file"), fresh)).rejects.toMatchObject({ code: "ENOTSOCK" });
      await expect(ask(join(folder, "nothing"), fresh)).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect(asked).toEqual(["/it", "/it"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
