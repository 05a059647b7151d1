import { Box, useTheme } from "@mui/material";
import { QRCodeSVG } from "qrcode.react";

/** Modules, as ISO/IEC 18004 wants them around a code: scanners find it by them, whatever the theme has around. */
const QUIET_ZONE = 4;

/** Dark on light in both themes: many scanners do not read the inverse. */
export default function QrCode({ text, name, size }: { text: string; name: string; size: number }) {
  const { black, white } = useTheme().palette.common;
  return (
    <Box sx={{ display: "inline-flex", overflow: "hidden", borderRadius: 1, bgcolor: "common.white" }}>
      <QRCodeSVG
        value={text}
        size={size}
        level="M"
        marginSize={QUIET_ZONE}
        fgColor={black}
        bgColor={white}
        role="img"
        aria-label={`QR code of ${name}`}
      />
    </Box>
  );
}
