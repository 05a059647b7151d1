// First, because it calls the backend while everything below is still being evaluated.
import { earlyHost } from "./host/early-host.ts";

// Everything else follows.

import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { createSession } from "./api/session.tsx";
import { ensureThemes } from "./theme.ts";

ensureThemes();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App session={createSession(earlyHost)} />);
