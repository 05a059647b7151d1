import type { ContainerPort } from "@tailnet-share/contract/model";

/** Ports that development servers and common images answer HTTP on, the likeliest first. */
const WEB_PORTS = [
  80, 8080, 3000, 5173, 8000, 4200, 5000, 8888, 9000, 8081, 4000, 3001, 8008, 8090, 443, 8443,
];

/** The same ports, the one that a single click should share first: web ports by likelihood, then TCP, then by number. */
export function likeliestFirst(ports: readonly ContainerPort[]): ContainerPort[] {
  const rank = ({ port, protocol }: ContainerPort): number => {
    const web = protocol === "tcp" ? WEB_PORTS.indexOf(port) : -1;
    return web >= 0 ? web : WEB_PORTS.length + (protocol === "tcp" ? 0 : 1);
  };
  return [...ports].sort((a, b) => rank(a) - rank(b) || a.port - b.port);
}
