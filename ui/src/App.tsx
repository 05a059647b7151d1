import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { Box, CssBaseline, GlobalStyles, type Theme } from "@mui/material";
import { type Session, SessionProvider } from "./api/session.tsx";
import { Announcer } from "./components/announcer.tsx";
import { NoticeBar } from "./components/notice-bar.tsx";
import { Panel } from "./screens/panel.tsx";

/** MUI shows the focus by a faint ripple, on a switch hardly at all. */
function globalStyles({ palette }: Theme) {
  const outline = `2px solid ${palette.primary.main}`;
  return {
    "html, body, #root": { height: "100%" },
    ".MuiButtonBase-root.Mui-focusVisible, .MuiLink-root:focus-visible": { outline, outlineOffset: 1 },
    ".MuiMenuItem-root.Mui-focusVisible": { outline, outlineOffset: -2 },
  };
}

/** Needs `ensureThemes()` before it is drawn. */
export function App({ session }: { session: Session }) {
  return (
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      <GlobalStyles styles={globalStyles} />
      <SessionProvider session={session}>
        <Box sx={{ height: "100%", display: "flex", flexDirection: "column", overflow: "hidden" }}>
          <Panel />
        </Box>
        <section aria-label="Messages">
          <NoticeBar />
        </section>
        <Announcer />
      </SessionProvider>
    </DockerMuiV6ThemeProvider>
  );
}
