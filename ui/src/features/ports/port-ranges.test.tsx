import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { machineShare, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const portRanges = [{ from: 10_000, to: 20_000, protocol: "udp" as const }];
const FIELD = "Port of 10000–20000 UDP of shop/web";

describe("a container that declares a range of ports", () => {
  it("has one line for it, from which one of its ports is shared", async () => {
    const { host, user, details } = await renderPanel(
      snapshot({ workloads: [workload({ portRanges, share: share() })] }),
    );
    await details();
    expect(screen.getAllByText("10000–20000 UDP")).toHaveLength(1);
    expect(screen.getAllByRole("checkbox", { name: /^Share port/ })).toHaveLength(1);
    const field = screen.getByRole("textbox", { name: FIELD });
    await user.type(field, "9");
    expect(screen.getByText("A number from 10000 to 20000.")).toBeTruthy();
    await user.clear(field);
    await user.type(field, "10050{Enter}");
    expect(host.changes).toMatchObject([
      {
        method: "PUT",
        body: {
          ports: [
            { port: 80, nodePort: 8080 },
            { port: 10_050, protocol: "udp" },
          ],
        },
      },
    ]);
  });

  it("says that a machine has no limit", async () => {
    const { details } = await renderPanel(
      snapshot({ workloads: [workload({ portRanges, share: machineShare() })] }),
    );
    await details();
    expect(screen.getByText(/Every open port in this range is reachable/)).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: FIELD })).toBeNull();
  });
});

describe("a row", () => {
  it("explains in its details how to keep a share of a container with an invented name", async () => {
    const { details } = await renderPanel(snapshot({ workloads: [workload({ identity: "invented-name" })] }));
    await details();
    expect(screen.getByText(/start it with --name or from a Compose file/)).toBeTruthy();
  });

  it("warns that redirects may drop a node port that differs from the container's", async () => {
    const { details, publish } = await renderPanel(snapshot({ workloads: [workload({ share: share() })] }));
    await details();
    expect(screen.getByText("Apps that redirect may drop the port; an own machine keeps it.")).toBeTruthy();
    const same = share({ ports: [{ port: 80, protocol: "tcp", nodePort: 80 }] });
    await publish(snapshot({ workloads: [workload({ share: same })] }));
    expect(screen.queryByText(/Apps that redirect/)).toBeNull();
  });

  it("counts containers that can't be shown below the list", async () => {
    await renderPanel(snapshot({ skipped: 2 }));
    expect(screen.getByText(/^2 containers are not shown/)).toBeTruthy();
  });
});
