import { isIP } from "node:net";
import { AppError } from "@tailnet-share/contract/errors";
import type { You } from "@tailnet-share/contract/session";
import type { FastifyRequest } from "fastify";
import type { Stranger } from "./refusal-page.ts";

/** A way for browsers to the panel. */
export interface Door {
  /** The names under which the panel is reached: lower case, with a port if only that one counts. */
  hosts(): ReadonlySet<string>;
  /** The `Host` header that the browser sent. */
  hostOf(request: Pick<FastifyRequest, "headers">): string | undefined;
  /** Whether the page came over HTTPS. */
  isSecure(request: Pick<FastifyRequest, "headers">): boolean;
  /**
   * Returns who asks, as far as that is known without a session. Rejects with `AppError` for somebody who gets no answer at all, not even the
   * page.
   */
  visitor(request: VisitorRequest): Promise<You | null>;
  /**
   * Returns who asks if that is known and has no role; null for everybody else, and for a machine of ours, whose application must not learn
   * its owner's name. May reject as `visitor` does.
   */
  stranger(request: VisitorRequest): Promise<Stranger | null>;
  /** Answers a request that can't be read, because nobody knows whose it is; null to say what is wrong with it. */
  readonly unreadable: AppError | null;
}

type VisitorRequest = Pick<FastifyRequest, "headers" | "socket">;

interface LocalDoorDependencies {
  /** Without ports, because an SSH tunnel has any. */
  readonly hosts: () => ReadonlySet<string>;
  /** Whether tailscaled opened the connection from this address and port, for a device of the tailnet. Rejects while that is unknown. */
  readonly isFromTailnet: (addressAndPort: string) => Promise<boolean>;
}

/** The port that the engine publishes on this computer. */
export function localDoor({ hosts, isFromTailnet }: LocalDoorDependencies): Door {
  /** By connection. */
  const known = new WeakMap<object, Promise<boolean>>();
  async function isForeign({ socket }: VisitorRequest): Promise<boolean> {
    const { remoteAddress = "", remotePort } = socket;
    const address = remoteAddress.replace(/^::ffff:/, "");
    const answer = known.get(socket) ?? isFromTailnet(`${address}:${remotePort}`);
    known.set(socket, answer);
    // A failure is no answer.
    answer.catch(() => known.delete(socket));
    return await answer;
  }
  return {
    hosts,
    hostOf: ({ headers }) => headers.host,
    isSecure: () => false,
    unreadable: null,
    stranger: async () => await Promise.resolve(null),
    async visitor(request) {
      if (!(await isForeign(request))) return null;
      throw new AppError(
        "NOT_ALLOWED",
        "The panel isn't open to your tailnet.",
        "Open it on the computer that runs your containers.",
      );
    },
  };
}

interface TailnetDoorDependencies {
  readonly hosts: () => ReadonlySet<string>;
  /** Whether the user has opened it. */
  readonly isOpen: () => boolean;
  /** Returns the visitor at a tailnet address with their role; null without a role. */
  readonly find: (address: string) => Promise<You | null>;
  /** Returns the visitor at a tailnet address if they have no role. */
  readonly stranger: (address: string) => Promise<Omit<Stranger, "node"> | null>;
}

/**
 * The tailnet, by tailscaled's HTTP server. It takes the port's packets out of the tunnel, after the tailnet's packet filter, and sends the
 * requests to a unix socket that only root in the backend's container can open. So nothing listens on a network for this, the kernel's rules
 * stay closed, and only tailscaled says who visits: it removes what clients claim in these headers and writes the peer's address there.
 * Its `Tailscale-User-*` headers are not used: they say nothing of tags and roles.
 * A loopback port, also one with the PROXY protocol, would take the same claims from every program in the namespace; without a TUN, tailscaled
 * itself forwards the tailnet's connections to such ports.
 * Source: `ipn/ipnlocal/serve.go` of tailscale 1.102.3, `reverseProxy.ServeHTTP`, `addProxyForwardedHeaders`.
 */
export function tailnetDoor({ hosts, isOpen, find, stranger }: TailnetDoorDependencies): Door {
  const forwarded = ({ headers }: Pick<FastifyRequest, "headers">, name: string) => {
    const value = headers[`x-forwarded-${name}`];
    return typeof value === "string" ? value : undefined;
  };
  return {
    hosts,
    hostOf: (request) => forwarded(request, "host"),
    isSecure: (request) => forwarded(request, "proto") === "https",
    async visitor(request) {
      const address = forwarded(request, "for") ?? "";
      // tailscaled sets this for visitors from the internet. The panel is never published; this is a second lock.
      const isPublic = request.headers["tailscale-funnel-request"] !== undefined;
      if (!isOpen() || isPublic || isIP(address) === 0)
        throw new AppError(
          "NOT_ALLOWED",
          "The panel isn't open to your tailnet.",
          "Open it on the computer that runs your containers.",
        );
      const you = await find(address).catch((cause: unknown) => {
        throw unnamed(cause);
      });
      if (you === null) throw noRole();
      return you;
    },
    unreadable: noRole(),
    async stranger(request) {
      const address = forwarded(request, "for") ?? "";
      const found = isOpen() && isIP(address) !== 0 ? await stranger(address) : null;
      return found === null ? null : { ...found, node: addressIn(hosts()) };
    },
  };
}

/** Returns the node's IPv4 address, or one of its names. Pure. */
function addressIn(hosts: ReadonlySet<string>): string {
  const names = [...hosts].map((host) => host.replace(/:\d+$/, ""));
  return names.find((name) => isIP(name) === 4) ?? names[0] ?? "";
}

/** The refusal for strangers. It is the same everywhere and says nothing of what is here. */
function noRole(): AppError {
  return new AppError(
    "NO_ROLE",
    "Your device may not open this page.",
    "Ask the owner of this device for access, or use one of the owner's own devices.",
  );
}

/** The same code, so that the panel of somebody with a role tries again; in words that tell a stranger nothing. */
function unnamed(cause: unknown): AppError {
  const code = cause instanceof AppError ? cause.code : "INTERNAL";
  return new AppError(code, "It is unknown at the moment who asks.", "Try again in a few seconds.", {
    cause,
  });
}
