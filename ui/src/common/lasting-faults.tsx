import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { lastingFaults } from "../model/screen.ts";
import { FaultAlert } from "./fault-alert.tsx";
import { LazyPart } from "./lazy-part.tsx";
import { lazyPart } from "./load-part.ts";

const LeftMachines = lazyPart(() => import("./left-machines.tsx"));

export function LastingFaults({ snapshot }: { snapshot: Snapshot }) {
  return lastingFaults(snapshot).map(({ machines, ...fault }) => {
    const key = `${fault.code} ${fault.message}`;
    return machines === undefined ? (
      <FaultAlert
        key={key}
        severity={fault.code === "ENGINE_UNREACHABLE" ? "error" : "warning"}
        fault={fault}
      />
    ) : (
      <LazyPart key={key}>
        <LeftMachines fault={fault} machines={machines} />
      </LazyPart>
    );
  });
}
