import { Box, Button, Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { useSession } from "../../api/session.tsx";
import type { ListView } from "../../model/layout.ts";

export function NoContainers() {
  return (
    <Nothing title="No running containers" text="Start a container to share it.">
      <GoToContainers />
    </Nothing>
  );
}

/** Opens Docker Desktop's own list, where containers are started. */
function GoToContainers() {
  const { host, notices } = useSession();
  const { containers } = host;
  if (containers === null) return null;
  async function go(list: () => Promise<boolean>) {
    if (!(await list())) notices.error("Docker Desktop couldn't show its containers.", "", "");
  }
  return (
    <Button variant="outlined" onClick={() => void go(containers.list)}>
      Go to Containers
    </Button>
  );
}

interface ViewProps {
  readonly view: ListView;
  readonly onChange: (view: ListView) => void;
}

/** Says that this view hides every container, and offers the way back. */
export function NoMatches({ view, onChange }: ViewProps) {
  return (
    <Nothing {...nothingWords(view)}>
      <WayBack view={view} onChange={onChange} />
    </Nothing>
  );
}

function WayBack({ view, onChange }: ViewProps) {
  return (
    <Stack direction="row" spacing={1}>
      {view.search.trim() !== "" && (
        <Button variant="outlined" onClick={() => onChange({ ...view, search: "" })}>
          Clear search
        </Button>
      )}
      {view.sharedOnly && (
        <Button variant="outlined" onClick={() => onChange({ ...view, search: "", sharedOnly: false })}>
          Show all containers
        </Button>
      )}
    </Stack>
  );
}

function nothingWords({ sharedOnly, search }: ListView) {
  const words = search.trim();
  if (sharedOnly && words === "")
    return {
      title: "Nothing is shared",
      text: "Turn on a container to see it here.",
    };
  return {
    title: "Nothing matches",
    text: `No ${sharedOnly ? "shared containers" : "containers"} match '${words}'.`,
  };
}

function Nothing({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <Box
      sx={{
        flex: 1,
        display: "grid",
        // Aligns to the top instead of the centre, so that a notice below does not move it.
        placeContent: "start center",
        pt: "12vh",
        justifyItems: "center",
        gap: 1,
        p: 4,
        textAlign: "center",
      }}
    >
      <Typography variant="h6" component="h2">
        {title}
      </Typography>
      <Typography color="text.secondary" sx={{ overflowWrap: "anywhere", maxWidth: 560 }}>
        {text}
      </Typography>
      {children}
    </Box>
  );
}
