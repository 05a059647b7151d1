import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { createSession } from "./api/session.tsx";
import { createDesktopHost } from "./host/desktop.ts";
import { ensureThemes } from "./theme.ts";

ensureThemes();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App session={createSession(createDesktopHost())} />);
