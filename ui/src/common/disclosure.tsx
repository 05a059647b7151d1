import ExpandMore from "@mui/icons-material/ExpandMore";
import { Box, Button } from "@mui/material";
import { type ReactNode, useId, useState } from "react";

export function Disclosure({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <Box>
      <Button
        size="small"
        color="inherit"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        startIcon={<ExpandMore sx={{ transform: open ? "none" : "rotate(-90deg)" }} />}
      >
        {title}
      </Button>
      <Box id={id} hidden={!open} sx={{ pl: 3.5, pt: 1, pb: 2 }}>
        {open && children}
      </Box>
    </Box>
  );
}
