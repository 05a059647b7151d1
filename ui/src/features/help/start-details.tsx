import { Box, Button } from "@mui/material";
import { useId, useState } from "react";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";

const LogLists = lazyPart(() => import("./log-lists.tsx"));

/** Shows the last log lines on demand. */
export function StartDetails() {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Box>
      <Button size="small" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        Details
      </Button>
      <Box id={id} hidden={!open} sx={{ pt: 1 }}>
        {open && (
          <LazyPart>
            <LogLists />
          </LazyPart>
        )}
      </Box>
    </Box>
  );
}
