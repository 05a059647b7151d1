import type { LinkCode } from "./error-codes.ts";
import type { ErrorCode } from "./errors.ts";

/** An explanation of a code for the documentation: Markdown, without a final period. */
export interface ErrorDocs {
  readonly meaning: string;
  readonly remedy: string;
}

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
  // The engine
  ENGINE_UNREACHABLE: {
    meaning: "The engine cannot be reached, or denies access to its socket",
    remedy: "Start Docker or `podman.socket`, and shares recover automatically. Turn `userns-remap` off",
  },
  ENGINE_REFUSED: {
    meaning: "The engine returned an error",
    remedy: "Read the message. Tailnet Share retries automatically",
  },
  // The tailnet
  TAILSCALED_DOWN: {
    meaning: "tailscaled does not answer",
    remedy: "It is started again automatically. Send the diagnostics if it stays",
  },
  TAILSCALED_REFUSED: {
    meaning: "tailscaled refused a request",
    remedy: "Try again. Send the diagnostics if it stays",
  },
  NODE_OFFLINE: {
    meaning: "The node is not connected to the tailnet, and this needs it",
    remedy: "Log in, or resume sharing",
  },
  TAILNET_LOCKED_OUT: {
    meaning: "Tailnet lock is on, and nobody has signed the node or the machine",
    remedy: "On a device with a trusted key, run the `tailscale lock sign …` that the message shows",
  },
  FLOW_LOGS_REQUIRED: {
    meaning:
      "The tailnet records network flows, which needs logs that Tailnet Share never sends, so tailscaled pauses itself",
    remedy: "Use another tailnet, or ask an admin to turn network flow logs off, and resume",
  },
  AUTH_KEY_REFUSED: { meaning: "The auth key is wrong, used up or expired", remedy: "Make a new one" },
  CONTROL_UNREACHABLE: {
    meaning: "Can't reach the control server",
    remedy: "Check its address and your connection. Shares stay reachable",
  },
  CONTROL_NAME_UNKNOWN: {
    meaning:
      "This computer's DNS, or the DNS of a container shared as a machine, does not know the control server's name",
    remedy: "Check the name and the DNS servers, or share that container on the node",
  },
  CONTROL_CERTIFICATE: {
    meaning: "The control server's certificate is not trusted",
    remedy: "If you use a private certificate authority, add its certificate in the settings",
  },
  NOT_A_CONTROL_SERVER: {
    meaning: "Another server answers at the control server's address",
    remedy: "Check the address, the port and http or https; a reverse proxy has to pass upgrades on",
  },
  NETWORK_CUT_OFF: {
    meaning:
      "The network of a container shared as a machine can't reach the control server, but the node can",
    remedy: "Connect the container to another network as well, or share it on the node",
  },
  LOGIN_LIMITED: {
    meaning: "The control server limits how often devices log in",
    remedy: "Wait a few minutes",
  },
  DEVICE_LIMIT: {
    meaning: "The tailnet accepts no more devices",
    remedy: "Remove devices in the admin console",
  },
  LOGIN_FAILED: { meaning: "The control server refused the login", remedy: "Get a new link" },
  TAILNET_HEALTH: {
    meaning: "tailscaled reports a problem with its connection",
    remedy: "Read the message; it goes away with the cause",
  },
  TAILNET_UNREACHABLE: {
    meaning: "None of your other online devices responds",
    remedy: "Check that this computer may send UDP, or HTTPS to Tailscale's relays",
  },
  ACL_DENIES: {
    meaning: "Your access controls don't let any other device reach a shared port",
    remedy: "Allow it in the access controls",
  },
  // The store
  STORE_DAMAGED: {
    meaning:
      "A file of Tailnet Share is damaged or of a newer release and was set aside. Its last good copy is used if there is one",
    remedy: "Check that every share is there. Update Tailnet Share if the message says so",
  },
  STORE_UNWRITABLE: {
    meaning: "Tailnet Share's volume cannot be written, or another copy of Tailnet Share uses it",
    remedy: "Free disk space, or stop the other copy. Nothing was changed",
  },
  BACKUP_UNREADABLE: {
    meaning: "The file is no backup, is damaged or of a newer release, or has another passphrase",
    remedy: "Choose another file, update Tailnet Share, or restore without identities",
  },
  IDENTITY_IN_USE: {
    meaning: "The machine that was backed up still runs, or its device cannot be seen",
    remedy: "Stop Tailnet Share there, or restore without identities",
  },
  STORE_NOT_KEPT: {
    meaning: "No volume is mounted where Tailnet Share stores your shares, settings and identities",
    remedy: "Mount a volume at the folder that the message names. Until then an update starts from nothing",
  },
  NO_TUN: {
    meaning: "There is no `/dev/net/tun`, no right NET_ADMIN, or the kernel has no nftables",
    remedy: "Give the backend what the message names. Until then TCP works in userspace",
  },
  CONTAINER_INCOMPLETE: {
    meaning:
      "The backend's container was created without a right, a writable folder or a setting that it needs",
    remedy: "Create it again with the flags that the message names, or by the compose file",
  },
  // The environment
  ENVIRONMENT_UNUSABLE: {
    meaning:
      "The backend was started with a variable, or a file that a variable names, that it can't use. None of the variables for the first start is applied; with one of the backend's own (`TAILNET_SHARE_…`), it starts nothing and only says so",
    remedy: "Do what the message says and create the container again, or log in in the panel",
  },
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
