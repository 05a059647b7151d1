import { Box, useTheme } from "@mui/material";
import { QRCodeSVG } from "qrcode.react";

/** Dark on light in both themes: many scanners do not read the inverse. */
export default function QrCode({ text, name, size }: { text: string; name: string; size: number }) {
  const { black, white } = useTheme().palette.common;
  return (
    <Box sx={{ display: "inline-flex", p: 1, borderRadius: 1, bgcolor: "common.white" }}>
      <QRCodeSVG
        value={text}
        size={size}
        level="M"
        fgColor={black}
        bgColor={white}
        role="img"
        aria-label={`QR code of ${name}`}
      />
    </Box>
  );
}
