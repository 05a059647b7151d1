import { makeFirstCall } from "./host/first-call.ts";

// The backend answers while the browser loads and evaluates the rest of the panel.
const firstAnswer = makeFirstCall();
// No top-level await: the rest imports modules of this chunk, so each would wait for the other.
void import("./start.tsx").then(({ start }) => start(firstAnswer));
