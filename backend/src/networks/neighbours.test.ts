import { expect, test } from "vitest";
import { attachment, container } from "../testing.ts";
import { neighboursOn } from "./neighbours.ts";

const APP = attachment("app", "");
const on = (
  name: string,
  address: string,
  more: { asked?: string; networkId?: string; run?: "stopped" } = {},
) =>
  container(name, {
    run: more.run ?? "running",
    networks: [
      {
        ...attachment("app", address),
        ...(more.asked === undefined ? {} : { asked: more.asked }),
        ...(more.networkId === undefined ? {} : { networkId: more.networkId }),
      },
    ],
  });

test("tells asked, held and future addresses of a network's containers apart, without its own", () => {
  const containers = [
    container("self", { id: "self", networks: [attachment("app", "172.18.0.246")] }),
    on("web", "172.18.0.2"),
    on("db", "172.18.0.3", { asked: "172.18.0.3" }),
    on("stopped-db", "", { asked: "172.18.0.4", run: "stopped" }),
    on("stopped", "", { run: "stopped" }),
    container("elsewhere", { networks: [attachment("other", "172.19.0.2")] }),
  ];
  expect(neighboursOn(APP, containers, "self")).toEqual({
    asked: ["172.18.0.3", "172.18.0.4"],
    held: ["172.18.0.2", "172.18.0.3"],
    waiting: 1,
  });
});

test("counts a container that was created and never started, which names its network only", () => {
  const created = on("db", "", { asked: "172.18.0.4", networkId: "", run: "stopped" });
  expect(neighboursOn(APP, [created], "self").asked).toEqual(["172.18.0.4"]);
  const id = "0123456789abcdef".repeat(4);
  const byId = container("db", {
    run: "stopped",
    networks: [{ networkId: "", networkName: id.slice(0, 12), address: "", asked: "172.18.0.5" }],
  });
  expect(neighboursOn({ networkId: id, networkName: "app" }, [byId], "self").asked).toEqual(["172.18.0.5"]);
  expect(neighboursOn({ networkId: "f".repeat(64), networkName: "app" }, [byId], "self").asked).toEqual([]);
});
