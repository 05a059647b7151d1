import type { LinkCode } from "./error-codes.ts";
import { type ErrorDocs, SURROUNDINGS_DOCS } from "./error-docs-surroundings.ts";
import type { ErrorCode } from "./errors.ts";

/** Explains every code. Only the documentation is made from it: a panel shows the message and hint that come with a fault. */
export const ERROR_DOCS: Readonly<Record<ErrorCode | LinkCode, ErrorDocs>> = {
  // The request itself
  BAD_REQUEST: {
    meaning:
      "The backend does not accept the request, for example an end in the past or a port that is listed twice",
    remedy: "Do what the message says",
  },
  BODY_TOO_LARGE: {
    meaning: "The request is larger than the backend accepts",
    remedy: "Send less. A backup may have 8 MiB",
  },
  NOT_ALLOWED: {
    meaning: "The request comes from a website, or over an address that no panel uses",
    remedy:
      "Open the panel in the program that shows it, such as Docker Desktop, or by the link that `panel-link` prints",
  },
  SIGN_IN_NEEDED: {
    meaning:
      "The browser has no session, or it has ended: after 12 hours without a request, at a restart, or by 'Sign everybody out'",
    remedy: "Run the program `panel-link` in the backend's container and open its link",
  },
  CODE_REFUSED: {
    meaning: "The one-time link was used, is older than 10 minutes, or was copied incompletely",
    remedy: "Run `panel-link` again and open the new link",
  },
  TOO_MANY_TRIES: {
    meaning: "Somebody has tried many wrong one-time links",
    remedy: "Wait a minute. If you did not try them, find out who can reach the panel's port",
  },
  VIEW_ONLY: {
    meaning: "Your role allows you to look, not to change",
    remedy: "Ask the owner of the node, who can give your account the role `edit`",
  },
  NO_ROLE: {
    meaning: "Your device is in the tailnet, but nobody has given you or it a role in this panel",
    remedy:
      "Use one of the owner's devices, or ask the owner to grant `tailnet-share.dev/cap/panel` in the tailnet's access controls",
  },
  SECRET_NEEDED: {
    meaning:
      "The request does not carry the panel's secret, which only somebody who controls the engine can read. A backend that restarts has a new one",
    remedy:
      "Close the tab and open it again. If this persists, update the program that shows the panel: it must be able to run a program in Tailnet Share's container",
  },
  UNKNOWN_ROUTE: {
    meaning: "The backend does not know the request, most likely because the panel is of another release",
    remedy: "Close the tab and open it again. If this persists, update Tailnet Share",
  },
  UNKNOWN_WORKLOAD: {
    meaning: "There is no such container, or it is not shared",
    remedy: "Check the list, and share it first",
  },
  UNKNOWN_ACCOUNT: { meaning: "This node has no such account", remedy: "Log in to it" },
  INTERNAL: {
    meaning: "Something unexpected went wrong",
    remedy: "Try again. If this persists, send the diagnostics",
  },
  // Choosing what to share
  NO_PORTS_KNOWN: {
    meaning: "The image exposes no ports, or the engine has not reported them",
    remedy: "Enter the port in the row's details",
  },
  NODE_PORT_TAKEN: {
    meaning: "Another share has that port on the node",
    remedy: "Take the one that the message proposes",
  },
  NOT_SHAREABLE: {
    meaning:
      "The container cannot be shared as it is, for example because the container whose network it uses was restarted and this one was not",
    remedy: "Do what the message says, for example restart this container",
  },
  // A machine of its own
  NOT_A_MACHINE: {
    meaning: "The container cannot be its own machine",
    remedy: "Share it on this node instead",
  },
  NAME_TAKEN: {
    meaning: "Another device of the tailnet has this name",
    remedy: "Take the one that the message proposes",
  },
  TAILSCALED_PRESENT: {
    meaning: "A tailscaled already runs in the container's network namespace",
    remedy: "Use that one, or share the container on this node",
  },
  MACHINE_FAILED: {
    meaning: "A machine ended or does not answer",
    remedy: "Retrying automatically. If this persists, share the container on the node",
  },
  MACHINE_NOT_REMOVED: {
    meaning: "A machine that you switched off could not be taken out of the tailnet yet",
    remedy:
      "Tailnet Share retries automatically, half an hour apart in the end. **Try again** does so at once; **Forget** gives up and leaves the device in the tailnet's list, where you can remove it",
  },
  IMAGE_UNAVAILABLE: {
    meaning: "The engine could not pull the image",
    remedy: "Choose the bundled version in the settings",
  },
  CREDENTIAL_REFUSED: {
    meaning: "Tailscale refused the OAuth client",
    remedy: "Check its secret, scopes and tags",
  },
  CREDENTIAL_LIMITED: {
    meaning: "Tailscale API rate limit reached",
    remedy: "Tailnet Share retries automatically",
  },
  CREDENTIAL_UNREACHABLE: {
    meaning: "Tailscale's API does not answer",
    remedy: "Retrying automatically. Check the connection if it stays",
  },
  HTTPS_NOT_READY: {
    meaning: "The tailnet gives out no HTTPS certificates",
    remedy: "Turn on HTTPS certificates in the tailnet's DNS settings, or open the link beside the message",
  },
  FUNNEL_NOT_READY: {
    meaning: "The tailnet does not allow Funnel for this machine",
    remedy: "Open the link beside the message, or allow it in the tailnet's policy",
  },
  CERTIFICATE_LIMITED: {
    meaning: "The certificate authority's rate limit is reached",
    remedy: "Wait. Without HTTPS the port works meanwhile",
  },
  // The path to the container
  NO_NETWORK: {
    meaning:
      "The container, or the one whose network it uses, has no network; or it is on rootless Podman's default network, where nobody else can reach it",
    remedy:
      "Connect it to a network, or start the other container. On rootless Podman, a machine works as well",
  },
  NETWORK_UNREACHABLE: {
    meaning: "Tailnet Share has not joined the container's network yet",
    remedy: "Wait a moment and check again",
  },
  EGRESS_MOVED: {
    meaning: "With this engine, joining the container's network would move Tailnet Share's default route",
    remedy:
      "Connect the container instead to a network without IPv6 whose name sorts after `0-tailnet-share`, or use Docker Engine 29 or newer. On Podman 5: `podman network create -o metric=10 0-tailnet-share` before the first start",
  },
  NETWORK_FULL: {
    meaning: "The container's network has no free address, or its stopped containers need the free ones",
    remedy: "Share the container as its own machine, or give the network a larger subnet",
  },
  NETWORK_NOT_JOINABLE: {
    meaning: "The container's network belongs to a swarm and is not attachable",
    remedy: "Make the network attachable, or share the container as its own machine",
  },
  NO_ADDRESS: {
    meaning:
      "The container has no IPv4 address on any network, or it is on the engine's host network and the host has no address on Tailnet Share's",
    remedy: "Connect it to a bridge network",
  },
  NO_IPV4: {
    meaning:
      "The tailnet gives the node an IPv6 address only, and shares on the node answer on IPv4. Or the container of a machine has IPv6 switched off",
    remedy:
      "Share the container as its own machine, or run it with IPv6 (`--sysctl net.ipv6.conf.all.disable_ipv6=0`)",
  },
  NETWORK_OVERLAPS: {
    meaning:
      "A container's network has addresses that the tailnet (100.64.0.0/10) or Tailnet Share's own network uses, or joining it would cut open connections of Tailnet Share, as a macvlan does with its host",
    remedy: "Share the container as its own machine, or give that network another subnet",
  },
  UDP_NEEDS_TUN: {
    meaning: "A UDP port is shared, and there is no `/dev/net/tun` or no nftables",
    remedy: "Give the backend the device, or share the container as its own machine",
  },
  DATAPLANE_FAILED: {
    meaning: "The kernel refused the forwarding rules, or they cannot be read, are missing or were changed",
    remedy: "Retrying automatically. If this persists, restart Tailnet Share and send its diagnostics",
  },
  CONTAINER_NOT_RUNNING: {
    meaning: "The container is stopped, paused, or keeps restarting",
    remedy: "Start it, or check its logs. Sharing resumes when it runs",
  },
  NOT_LISTENING: {
    meaning:
      "Nothing in the container accepts connections on the shared port, or the program listens on `127.0.0.1`, another address or IPv6 only",
    remedy:
      "Check that the application is up and listens on `0.0.0.0`, not `127.0.0.1`, or share the container as its own machine",
  },
  NO_ANSWER: {
    meaning:
      "The shared port doesn't answer: a firewall, a network that isolates containers (`enable_icc=false`), or a VPN in the container",
    remedy: "Allow it there, or share it the other way: on the node or as a machine",
  },
  HOST_REFUSED: {
    meaning: "The application refuses its tailnet name and accepts others, as Vite, Django and Rails do",
    remedy: "Add the name to its allowed hosts: `server.allowedHosts`, `ALLOWED_HOSTS`, `config.hosts`",
  },
  VISIT_FAILED: {
    meaning:
      "A machine tried the share on the node over the tailnet and got no answer, or answers to the tailnet would leave another way. The container answers, and Tailnet Share's own rules are in place",
    remedy:
      "Restart Tailnet Share. If this persists, look for packet rules and routes that something else has added in Tailnet Share's container or in the machine's, and for a container network with the tailnet's addresses",
  },
  ...SURROUNDINGS_DOCS,
  // Between a panel and the backend
  NO_HOST: {
    meaning: "The panel was opened outside Docker Desktop, and not at its backend's address",
    remedy: "Open it from Docker Desktop's sidebar, or by the link that `panel-link` prints",
  },
  BACKEND_UNREACHABLE: {
    meaning: "The panel cannot reach Tailnet Share's backend",
    remedy:
      "It may still be starting. If this persists, restart the program that shows the panel, such as Docker Desktop, or the container of a panel in a browser",
  },
  BACKEND_SILENT: {
    meaning: "The backend did not answer a request in time",
    remedy:
      "Try again. If this persists, restart the program that shows the panel, such as Docker Desktop, or the container of a panel in a browser",
  },
  BAD_ANSWER: {
    meaning:
      "The panel does not understand the backend's answer, most likely because one of them is of another release",
    remedy: "Close the tab and open it again. If this persists, update Tailnet Share",
  },
};
