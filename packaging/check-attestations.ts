// Usage: docker buildx imagetools inspect --format '{{json .}}' IMAGE | node packaging/check-attestations.ts PLATFORM...
// Ends with 1 and the reasons where an image that was pushed lacks its provenance or bill of materials for one of the platforms, or
// was made from other bases than NODE_IMAGE and TAILSCALE_IMAGE.
import { readFileSync } from "node:fs";
import { attestationProblems } from "./attestations.ts";

const { NODE_IMAGE = "", TAILSCALE_IMAGE = "" } = process.env;
const inspected = JSON.parse(readFileSync(0, "utf8")) as Parameters<typeof attestationProblems>[0];
const platforms = process.argv.slice(2);
if (platforms.length === 0) throw new Error("see the first lines");
const problems = attestationProblems(inspected, platforms, [NODE_IMAGE, TAILSCALE_IMAGE]);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${platforms.join(" and ")}: provenance and bill of materials are there`);
