import { Box } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/model";
import { Disclosure } from "./disclosure.tsx";
import { SidecarText } from "./sidecar-text.tsx";

/** The same share without this extension, to take away. Loaded with the row's details, after the list. */
export function SidecarExport({ workload }: { workload: Workload }) {
  return (
    <Box>
      <Disclosure title="As a compose file">
        <SidecarText workload={workload} form="compose" />
      </Disclosure>
      <Disclosure title="As docker run">
        <SidecarText workload={workload} form="run" />
      </Disclosure>
    </Box>
  );
}
