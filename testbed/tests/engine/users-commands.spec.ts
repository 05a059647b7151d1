import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { liveAt } from "../../src/compose-rounds.ts";
import type { ComposeProject } from "../../src/samples.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { reaches } from "../fixtures/visits.ts";

/** A command as a user types it, on one project without shares and on one with them. `compose …` runs in the project; `WEB`, `API`, `DB` are containers, `NET` is the project's network. */
type Command = string;

const CASES: readonly (readonly [string, readonly Command[]])[] = [
  ["restart a service", ["compose restart web api"]],
  ["restart a container at once", ["docker restart -t 0 WEB API"]],
  ["stop and start", ["compose stop", "compose start"]],
  ["pause and unpause", ["compose pause", "compose unpause"]],
  ["kill, then up", ["compose kill", "compose up -d"]],
  ["remove a service's containers, then up", ["compose rm -sf web api", "compose up -d"]],
  ["recreate everything", ["compose up -d --force-recreate"]],
  ["down and up", ["compose down", "compose up -d"]],
  ["down without waiting, with volumes", ["compose down -t 0 -v", "compose up -d"]],
  ["scale up and down", ["compose up -d --scale web=2", "compose up -d --scale web=1"]],
  ["rename and back", ["docker rename WEB other-PROJECT", "docker rename other-PROJECT WEB"]],
  ["commit", ["docker commit WEB made-PROJECT", "docker rmi made-PROJECT"]],
  ["change a limit", ["docker update --restart no WEB API"]],
  [
    "leave the network and come back",
    ["docker network disconnect NET WEB", "docker network connect NET WEB"],
  ],
  ["send a signal that the program ignores", ["docker kill -s WINCH WEB API"]],
  ["remove a network in use", ["docker network rm NET"]],
  [
    "stop all, then remove the network",
    ["docker stop WEB API DB", "docker network rm NET", "compose down", "compose up -d"],
  ],
  ["remove all, then the network", ["docker rm -f WEB API DB", "docker network rm NET", "compose up -d"]],
  [
    "kill all, then remove all",
    ["docker kill WEB API DB", "docker rm WEB API DB", "docker network rm NET", "compose up -d"],
  ],
];

describe("the user's commands", () => {
  let bed: Bed;
  let shared: ComposeProject;
  let plain: ComposeProject;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.api.patchSettings({
      machineCredential: { kind: "auth-key", authKey: await bed.tailnet.control.createAuthKey() },
    });
    const services = {
      web: { environment: { HTTP_PORT: "8050", NAME: "web" }, expose: ["8050"] },
      api: {
        environment: { HTTP_PORT: "8051", NAME: "api" },
        expose: ["8051"],
        networks: ["default", "outside"],
      },
      db: { environment: { TCP_PORT: "5432" } },
    };
    const networks = { outside: { external: true, name: bed.tailnet.network.name } };
    const options = { generation: 2 as const };
    shared = await bed.samples.project(`uca${bed.id}`, services, networks, options);
    plain = await bed.samples.project(`ucb${bed.id}`, services, networks, options);
    await shared.up();
    await plain.up();
    await bed.api.waitFor("web and api", ({ workloads }) =>
      ["web", "api"].every((service) =>
        workloads.some(({ id, ports }) => id === `compose:${shared.name}/${service}/1` && ports.length > 0),
      ),
    );
    await bed.api.putShare(`compose:${shared.name}/web/1`, { mode: "node" });
    await bed.api.putShare(`compose:${shared.name}/api/1`, { mode: "machine" });
  }, 120_000);
  afterAll(async () => await bed?.close());

  async function run(project: ComposeProject, command: Command): Promise<string> {
    const container = (service: string) => `${project.name}-${service}-1`;
    const words = command
      .replace("WEB", container("web"))
      .replace("API", container("api"))
      .replace("DB", container("db"))
      .replace("NET", `${project.name}_default`)
      .replaceAll("PROJECT", project.name)
      .split(" ");
    const [program, ...args] = words;
    const { code, stdout, stderr } =
      program === "compose" ? await project.tryCompose(args) : await bed.engine.tryDocker(args);
    const text = `${stdout}\n${stderr}`
      .replaceAll(project.name, "PROJECT")
      .replaceAll(/[0-9a-f]{64}/g, "ID")
      .replaceAll(/ \d+\.\d+s|^time="[^"]*" /gm, "")
      .replace(/(?<=Going to remove ).*/, (names) => names.split(", ").toSorted().join(", "))
      // A current engine lists the containers that are connected, and ours is one of them.
      .replace(/(has active endpoints) \(.*\)/, "$1");
    const lines = new Set(text.split("\n").map((line) => line.trim()));
    return [`${command} → ${code}`, ...[...lines].toSorted()].join("\n");
  }

  it.each(CASES)(
    "%s: as if nothing were shared, and then shared as before",
    async (_what, commands) => {
      const web = await liveAt(bed, `compose:${shared.name}/web/1`);
      const api = await liveAt(bed, `compose:${shared.name}/api/1`);
      for (const command of commands) {
        const [without, within] = [await run(plain, command), await run(shared, command)];
        expect.soft(within).toBe(without);
      }
      await liveAt(bed, `compose:${shared.name}/web/1`);
      await liveAt(bed, `compose:${shared.name}/api/1`);
      await reaches(bed.peer, web.href, "web says hello", 30_000);
      await reaches(bed.peer, api.href, "api says hello", 30_000);
    },
    120_000,
  );
});
