import QrCode2 from "@mui/icons-material/QrCode2";
import { Box, IconButton, Popover, Typography } from "@mui/material";
import { useState } from "react";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";

const QrCode = lazyPart(() => import("./qr-code.tsx"));

export function QrButton({ text, name }: { text: string; name: string }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const label = `QR code for ${name}`;
  return (
    <>
      <IconButton
        size="small"
        aria-label={label}
        aria-haspopup="dialog"
        data-hint={label}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <QrCode2 sx={{ fontSize: 16 }} />
      </IconButton>
      {anchor && (
        <Popover
          open
          anchorEl={anchor}
          onClose={() => setAnchor(null)}
          anchorOrigin={{ vertical: "bottom", horizontal: "center" }}
          transformOrigin={{ vertical: "top", horizontal: "center" }}
          slotProps={{ paper: { role: "dialog", "aria-label": label } }}
        >
          <Box sx={{ p: 2, maxWidth: SIZE + 32 }}>
            <LazyQrCode text={text} name={name} />
            <Typography color="text.secondary" sx={{ mt: 1, overflowWrap: "anywhere" }}>
              {text}
            </Typography>
          </Box>
        </Popover>
      )}
    </>
  );
}

/** Pixels, with the quiet zone. */
const SIZE = 204;

export function LazyQrCode({ text, name }: { text: string; name: string }) {
  return (
    <LazyPart fallback={<Box sx={{ width: SIZE, height: SIZE }} />}>
      <QrCode text={text} name={name} size={SIZE} />
    </LazyPart>
  );
}
