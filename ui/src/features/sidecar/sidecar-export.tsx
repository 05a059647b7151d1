import { Box } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { Disclosure } from "../../common/disclosure.tsx";
import { EXPORT_TAG_KEY, parseExportTag } from "../../model/preferences.ts";
import { SidecarText } from "./sidecar-text.tsx";

/** Exports the share as a configuration that works without Tailnet Share. Loaded with the row's details, after the list. */
export function SidecarExport({ workload }: { workload: Workload }) {
  const { host } = useSession();
  const [tag, setTag] = useState(() => parseExportTag(host.recall(EXPORT_TAG_KEY)));

  function pick(next: string) {
    setTag(next);
    host.remember(EXPORT_TAG_KEY, next);
  }
  return (
    <Box>
      <Disclosure title="Export as Compose file">
        <SidecarText workload={workload} form="compose" tag={tag} onTag={pick} />
      </Disclosure>
      <Disclosure title="Export as docker run">
        <SidecarText workload={workload} form="run" tag={tag} onTag={pick} />
      </Disclosure>
    </Box>
  );
}
