import { parse, stringify } from "yaml";

/** Where Portainer finds the stack file, and people the project. */
const REPOSITORY = "https://github.com/tailnet-share/tailnet-share";
const STACK_FILE = "packaging/portainer/stack.yml";

/** The variables of the stack that Portainer's form asks for. */
const FORM = [
  {
    name: "TS_AUTHKEY",
    label: "Auth key",
    description: "Logs in without a browser. Leave it empty to log in in the panel.",
  },
  {
    name: "TS_CONTROL_URL",
    label: "Control server",
    description: "Your own control server's address. Leave it empty for Tailscale's.",
  },
  {
    name: "TS_HOSTNAME",
    label: "Device name",
    description: "The node's name in the tailnet.",
    default: "docker",
  },
  {
    name: "DOCKER_SOCKET",
    label: "Engine's socket",
    description: "On the engine's host. A rootless engine has it at /run/user/1000/docker.sock.",
    default: "/var/run/docker.sock",
  },
  {
    name: "TAILNET_SHARE_PORT",
    label: "Panel's port",
    description: "On the engine's host, at 127.0.0.1 only.",
    default: "4180",
  },
] as const;

/** Returns Portainer's stack file, quoted for parsers that take a plain `on` for true; made from the compose file for a plain engine. */
export function portainerStack(linuxCompose: string): string {
  const stack: unknown = parse(linuxCompose);
  return `# Made from packaging/linux/compose.yaml by \`npm run docs\`.\n${stringify(stack, { lineWidth: 0, version: "1.1" })}`;
}

/** Returns Portainer's list of app templates, version 3, with this one. Source: `Template` in Portainer's `api/portainer.go`. */
export function portainerTemplates(): string {
  const template = {
    id: 1,
    type: 3,
    title: "Tailnet Share",
    description: "Share running containers on your tailnet, by name, with one switch each.",
    note: "<p>Then run <code>docker exec tailnet-share node /app/panel-link.mjs</code> and open the link.</p>",
    categories: ["networking"],
    platform: "linux",
    logo: "https://raw.githubusercontent.com/tailnet-share/tailnet-share/main/icon.svg",
    // It has the engine's socket, a device and capabilities, which Portainer can forbid to others.
    administrator_only: true,
    repository: { url: REPOSITORY, stackfile: STACK_FILE },
    env: FORM,
  };
  return `${JSON.stringify({ version: "3", templates: [template] }, null, 2)}\n`;
}
