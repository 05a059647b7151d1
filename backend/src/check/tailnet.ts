import { isIPv4 } from "node:net";
import type { CheckHop } from "@tailnet-share/contract/check";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import { letsOthersOpen, type PacketFilter } from "../tailscale/localapi/packet-filter.ts";
import type { OtherDevicesAnswer } from "../tailscale/node/peers/other-devices.ts";
import type { HopList } from "./report.ts";

/** A device of ours, queried through its own tailscaled: the node, or a machine. All methods reject as `LocalApi` does. */
export interface OwnDevice {
  /** The tailnet's rules in force; null if unknown. */
  packetFilter: () => Promise<PacketFilter | null>;
  askOtherDevices: () => Promise<OtherDevicesAnswer>;
  /** Tailnet addresses of all other devices that it knows. */
  addressesOfOthers: () => Promise<readonly string[]>;
}

/** Completes a check: whether other devices may connect, and whether one of them answers. `ports` are those that clients use. */
export async function tryTailnet(
  device: OwnDevice,
  addresses: readonly string[],
  ports: readonly ContainerPort[],
  hops: HopList,
): Promise<CheckHop[]> {
  const filter = await device.packetFilter().catch(() => null);
  // Check the rules first: the control server often does not even list a device that has no access to ours.
  const denied =
    filter === null ? [] : ports.filter((port) => !letsOthersOpen(filter, ipv4(addresses), port));
  if (denied.length > 0) return hops.fail("tailnet", denies(denied));
  const answer = await device.askOtherDevices().catch(() => null);
  if (answer === null) {
    hops.skip("tailnet", "tailscaled doesn't respond.");
    return hops.done();
  }
  switch (answer.kind) {
    case "nobody-online":
      hops.skip("tailnet", "None of your other devices is online.");
      return hops.done();
    case "silence":
      return hops.fail("tailnet", unreachable(answer.asked));
    case "answered":
      hops.pass("tailnet", `one responded in ${time(answer.ms)}${way(answer.path)}`);
      return hops.done();
    default:
      return assertNever(answer);
  }
}

/** Shares are reached by IPv4 whenever there is an IPv4 address. */
function ipv4(addresses: readonly string[]): readonly string[] {
  const ipv4 = addresses.filter(isIPv4);
  return ipv4.length > 0 ? ipv4 : addresses;
}

function denies(ports: readonly ContainerPort[]): Fault {
  const names = ports.map(({ port, protocol }) => (protocol === "udp" ? `UDP port ${port}` : `port ${port}`));
  const last = names.at(-1) ?? "";
  const all = names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
  return {
    code: "ACL_DENIES",
    message: `Your access controls don't let any device reach ${all}.`,
    hint: "Allow it in the access controls.",
  };
}

function unreachable(asked: number): Fault {
  return {
    code: "TAILNET_UNREACHABLE",
    message:
      asked === 1
        ? "Your other online device didn't respond."
        : `None of your ${asked} other online devices responded.`,
    hint: "Check that this computer can send UDP to the internet or reach the DERP relays by HTTPS, and that the other device is awake.",
  };
}

function time(ms: number): string {
  return ms < 1 ? "less than 1 ms" : `${Math.round(ms)} ms`;
}

function way(path: "direct" | "relayed" | null): string {
  if (path === null) return "";
  return path === "direct" ? ", directly" : ", through a relay";
}
