import type { Workload } from "@tailnet-share/contract/workload";
import { share, workload } from "../testing/fixtures.ts";

const PROJECTS = 80;
const SERVICES = ["web", "api", "worker", "db", "cache", "queue", "mail", "search", "proxy", "admin"];
const IMAGES = ["nginx:1.29", "node:24", "python:3.14", "postgres:18", "redis:8", "rabbitmq:4"];
const ALONE = 200;

/** A thousand containers: eighty projects of ten services, and two hundred of no project. Every seventh is shared. */
export function thousand(): Workload[] {
  const composed = Array.from({ length: PROJECTS }, (_, index) => `project-${index + 1}`).flatMap((project) =>
    SERVICES.map((name) => ({ id: `compose:${project}/${name}/1`, name, project })),
  );
  const alone = Array.from({ length: ALONE }, (_, index) => {
    const name = `container-${index + 1}`;
    return { id: `name:${name}`, name, project: null };
  });
  return [...composed, ...alone].map((item, index) => {
    const port = 3000 + index;
    const ports = [{ port, protocol: "tcp" as const, nodePort: port }];
    return workload({
      ...item,
      image: IMAGES[index % IMAGES.length] ?? "",
      ports: [{ port, protocol: "tcp" }],
      share: index % 7 === 0 ? share({ ports }) : null,
    });
  });
}
