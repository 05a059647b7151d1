import type { Snapshot } from "@tailnet-share/contract/model";
import { lastingFaults } from "../model/screen.ts";
import { FaultAlert } from "./fault-alert.tsx";

export function LastingFaults({ snapshot }: { snapshot: Snapshot }) {
  return lastingFaults(snapshot).map((fault) => (
    <FaultAlert
      key={`${fault.code} ${fault.message}`}
      severity={fault.code === "ENGINE_UNREACHABLE" ? "error" : "warning"}
      fault={fault}
    />
  ));
}
