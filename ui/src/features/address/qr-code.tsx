import { Box, useTheme } from "@mui/material";
import { QRCodeSVG } from "qrcode.react";

/** Quiet zone in modules. ISO/IEC 18004 requires it so that scanners find the code on any background. */
const QUIET_ZONE = 4;

/** Dark on light in both themes, because many scanners cannot read the inverse. */
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
