import { z } from "zod";

/** The official image, with one of the tags that the settings accept. */
export const TAILSCALE_IMAGE = "tailscale\\/tailscale:(?:stable|latest|unstable|v\\d+\\.\\d+(?:\\.\\d+)?)";

const MOST_MEMORY = 256 * 1024 * 1024;
const MOST_PROCESSES = 256;

/** Our own program and its permitted commands in a namespace: see `bin/machine`. */
const OWN_PROGRAM = [
  z.literal("/usr/local/bin/node"),
  z.literal("--max-semi-space-size=1"),
  z.literal("/app/machine.mjs"),
] as const;
const Guard = z.enum(["guard", "reach", "bare"]);
const Port = z.string().regex(/^\d{1,5}$/);
export const OwnCommand = z.union([
  z.tuple([...OWN_PROGRAM, z.enum(["ready", "hold"]), Guard]),
  z.tuple([...OWN_PROGRAM, z.literal("look"), Guard, Port]),
  z.tuple([...OWN_PROGRAM, z.literal("look"), Guard, Port, z.string().regex(/^[0-9a-f]{32}$/)]),
  z.tuple([
    ...OWN_PROGRAM,
    z.literal("forward"),
    z.string().regex(/^(?:\d{1,5}:\d{1,5}(?:,\d{1,5}:\d{1,5}){0,63})?$/),
  ]),
  z.tuple([...OWN_PROGRAM, z.enum(["tidy", "listening"])]),
  z.tuple([...OWN_PROGRAM, z.literal("visit"), z.ipv4(), z.string().regex(/^\d{1,5}(?:,\d{1,5}){0,7}$/)]),
  z.tuple([...OWN_PROGRAM, z.literal("control"), z.string().regex(/^https?:\/\/[\x21-\x7e]{1,512}$/)]),
]);

/** Exact arguments of a machine's tailscaled: it keeps its state in its own directory and has no other access. */
const TAILSCALED = [
  z.literal("/usr/local/bin/tailscaled"),
  z.literal("--statedir=/state"),
  z.literal("--socket=/state/tailscaled.sock"),
  z.enum(["--tun=tailscale0", "--tun=userspace-networking"]),
  z.string().regex(/^--port=\d{1,5}$/),
  z.literal("--no-logs-no-support"),
] as const;
const Program = z.union([
  OwnCommand,
  z.tuple([...OWN_PROGRAM, z.literal("run"), Guard, ...TAILSCALED]),
  z.tuple([...TAILSCALED]),
]);

const Memory = z.int().min(1).max(MOST_MEMORY);

/**
 * The only containers that the backend may create: from its own image or tailscale's, in another container's network namespace, with
 * at most the two capabilities, a read-only root, limits, and one directory of its own volume.
 */
export const ownContainerBody = z.strictObject({
  Image: z.string().regex(new RegExp(`^(?:(?:sha256:)?[0-9a-f]{64}|${TAILSCALE_IMAGE})$`)),
  Entrypoint: Program,
  Cmd: z.tuple([]),
  User: z.literal("65534:65534").optional(),
  Env: z.array(
    z.union([
      z.string().regex(/^(?:HOME=\/tmp|TS_[A-Z0-9_]{1,60}=[\x20-\x7e]{0,300})$/),
      // The extension's own proxy settings and certificate authorities.
      z.string().regex(/^(?:HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy)=[\x21-\x7e]{1,1000}$/),
      z.string().regex(/^SSL_CERT_FILE=\/state\/authorities-[0-9a-f]{8}\.pem$/),
    ]),
  ),
  Labels: z.record(z.string().regex(/^tailnet-share\.[a-z-]{1,40}$/), z.string().regex(/^[\w.:+-]{0,80}$/)),
  Healthcheck: z.strictObject({ Test: z.tuple([z.literal("NONE")]) }),
  HostConfig: z.strictObject({
    // On Podman, the path of that container's namespace, by root or by a user.
    NetworkMode: z
      .string()
      .regex(/^(?:container:[0-9a-f]{64}|ns:\/run\/(?:user\/\d{1,10}\/)?netns\/netns-[0-9a-f-]{36})$/),
    CapDrop: z.tuple([z.literal("ALL")]),
    CapAdd: z.array(z.enum(["NET_ADMIN", "NET_RAW"])),
    SecurityOpt: z.tuple([z.literal("no-new-privileges:true")]),
    ReadonlyRootfs: z.literal(true),
    Tmpfs: z.strictObject({ "/tmp": z.string().regex(/^size=\d+m,mode=1777$/) }),
    Memory,
    MemorySwap: Memory,
    PidsLimit: z.int().min(1).max(MOST_PROCESSES),
    Devices: z
      .array(
        z.strictObject({
          PathOnHost: z.literal("/dev/net/tun"),
          PathInContainer: z.literal("/dev/net/tun"),
          CgroupPermissions: z.literal("rwm"),
        }),
      )
      .max(1),
    Mounts: z
      .array(
        z.strictObject({
          Type: z.literal("bind"),
          // A machine's own directory in the extension's volume, wherever the engine stores that volume.
          Source: z
            .string()
            .regex(/^\/[^\0]*\/machines\/[0-9a-f]{16}\/tailscaled$/)
            .refine((path) => !path.split("/").some((part) => part === "..")),
          Target: z.literal("/state"),
        }),
      )
      .max(1),
    RestartPolicy: z.strictObject({ Name: z.literal("no") }),
    LogConfig: z.strictObject({
      Type: z.literal("json-file"),
      Config: z.strictObject({ "max-size": z.string(), "max-file": z.string() }),
    }),
  }),
});
