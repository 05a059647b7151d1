/** An explanation of a code for the documentation: Markdown, without a final period. */
export interface ErrorDocs {
  readonly meaning: string;
  readonly remedy: string;
}

/** Explains the codes of what Tailnet Share depends on. A part of `ERROR_DOCS`. */
export const SURROUNDINGS_DOCS = {
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
} as const satisfies Readonly<Record<string, ErrorDocs>>;
