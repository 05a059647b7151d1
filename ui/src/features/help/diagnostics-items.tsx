import { MenuItem } from "@mui/material";
import { useSession } from "../../api/session.tsx";

/** Offers redacted diagnostics for a bug report, as a file or on the clipboard. */
export function DiagnosticsItems({ close }: { close: () => void }) {
  const { actions, host, notices } = useSession();
  async function collect(use: (text: string) => Promise<void> | void) {
    close();
    const report = await actions.diagnostics();
    if (report) await use(JSON.stringify(report, null, 2));
  }
  const download = (text: string) => {
    host.save("tailnet-share-diagnostics.json", text);
    notices.info("Diagnostics saved. Secrets are removed.");
  };
  const copy = async (text: string) => {
    if (await host.copy(text)) notices.info("Diagnostics copied. Secrets are removed.");
    else notices.error("Couldn't copy the diagnostics.", "", "Download them instead.");
  };
  return [
    <MenuItem key="download" onClick={() => void collect(download)}>
      Download diagnostics
    </MenuItem>,
    <MenuItem key="copy" onClick={() => void collect(copy)}>
      Copy diagnostics
    </MenuItem>,
  ];
}
