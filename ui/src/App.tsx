import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { Box, CssBaseline, GlobalStyles, type Theme } from "@mui/material";
import { type ComponentType, Fragment, type ReactNode, useRef } from "react";
import { type Session, SessionProvider } from "./api/session.tsx";
import { ErrorBoundary } from "./common/error-boundary.tsx";
import { Hints } from "./common/hints.tsx";
import { useFocusKeeper } from "./common/use-focus-keeper.ts";
import { Announcer } from "./features/notices/announcer.tsx";
import { NoticeBar } from "./features/notices/notice-bar.tsx";
import { BrokenScreen } from "./screens/broken-screen.tsx";
import { Panel } from "./screens/panel.tsx";

/** MUI marks focus with a faint ripple that is barely visible on a switch. */
function globalStyles({ palette }: Theme) {
  const outline = `2px solid ${palette.primary.main}`;
  return {
    "html, body, #root": { height: "100%" },
    // Docker's theme pads the page and lets it scroll. Here the parts do, so that the list's scroll bar is at the window's edge.
    body: { padding: 0, overflow: "hidden" },
    ".MuiButtonBase-root.Mui-focusVisible, .MuiLink-root:focus-visible": { outline, outlineOffset: 1 },
    ".MuiMenuItem-root.Mui-focusVisible": { outline, outlineOffset: -2 },
    ".MuiAlert-action": { whiteSpace: "nowrap" },
    // Users who ask for reduced motion see the end of each transition at once, and spinners do not turn.
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

interface AppProps {
  readonly session: Session;
  /** Decides whether the panel is drawn. */
  readonly gate?: ComponentType<{ readonly children: ReactNode }> | undefined;
}

/** Requires a call to `ensureThemes()` before the first render. */
export function App({ session, gate: Gate = Fragment }: AppProps) {
  const panel = useRef<HTMLElement>(null);
  useFocusKeeper(panel);
  return (
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      <GlobalStyles styles={globalStyles} />
      <SessionProvider session={session}>
        <Hints>
          <NoticeBar />
          <Box
            ref={panel}
            sx={{ height: "100%", display: "flex", flexDirection: "column", overflow: "hidden" }}
          >
            <ErrorBoundary fallback={(again) => <BrokenScreen again={again} />}>
              <Gate>
                <Panel />
              </Gate>
            </ErrorBoundary>
          </Box>
          <Announcer />
        </Hints>
      </SessionProvider>
    </DockerMuiV6ThemeProvider>
  );
}
