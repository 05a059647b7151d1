import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { Box, CssBaseline, GlobalStyles, type Theme } from "@mui/material";
import { type Session, SessionProvider } from "./api/session.tsx";
import { ErrorBoundary } from "./common/error-boundary.tsx";
import { Announcer } from "./features/notices/announcer.tsx";
import { NoticeBar } from "./features/notices/notice-bar.tsx";
import { BrokenScreen } from "./screens/broken-screen.tsx";
import { Panel } from "./screens/panel.tsx";

/** MUI shows the focus by a faint ripple, on a switch hardly at all. */
function globalStyles({ palette }: Theme) {
  const outline = `2px solid ${palette.primary.main}`;
  return {
    "html, body, #root": { height: "100%" },
    ".MuiButtonBase-root.Mui-focusVisible, .MuiLink-root:focus-visible": { outline, outlineOffset: 1 },
    ".MuiMenuItem-root.Mui-focusVisible": { outline, outlineOffset: -2 },
    ".MuiAlert-action": { whiteSpace: "nowrap" },
    // Who asked the system for less motion gets the end of each movement at once; what turns stands still.
    "@media (prefers-reduced-motion: reduce)": {
      "*, *::before, *::after": {
        animationDuration: "1ms !important",
        animationIterationCount: "1 !important",
        transitionDuration: "1ms !important",
        scrollBehavior: "auto !important",
      },
    },
  };
}

/** Needs `ensureThemes()` before it is drawn. */
export function App({ session }: { session: Session }) {
  return (
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      <GlobalStyles styles={globalStyles} />
      <SessionProvider session={session}>
        <NoticeBar />
        <Box sx={{ height: "100%", display: "flex", flexDirection: "column", overflow: "hidden" }}>
          <ErrorBoundary fallback={(again) => <BrokenScreen again={again} />}>
            <Panel />
          </ErrorBoundary>
        </Box>
        <Announcer />
      </SessionProvider>
    </DockerMuiV6ThemeProvider>
  );
}
