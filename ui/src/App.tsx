import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import { Box, CssBaseline, GlobalStyles } from "@mui/material";
import { type Session, SessionProvider } from "./api/session.tsx";
import { Announcer } from "./components/announcer.tsx";
import { NoticeBar } from "./components/notice-bar.tsx";
import { Panel } from "./screens/panel.tsx";

/** Needs `ensureThemes()` before it is drawn. */
export function App({ session }: { session: Session }) {
  return (
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      <GlobalStyles styles={{ "html, body, #root": { height: "100%" } }} />
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
