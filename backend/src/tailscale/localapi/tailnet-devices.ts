import { z } from "zod";

export interface TailnetDevice {
  /** The control server's ID for it. */
  readonly id: string;
  /** First label of its DNS name. */
  readonly name: string;
  /** Belongs to another tailnet: a shared device or a commercial exit node. Its name is free in this one. */
  readonly foreign: boolean;
}

const Device = z.object({ ID: z.string().default(""), DNSName: z.string().default("") });
type Device = z.infer<typeof Device>;

interface DeviceList {
  Self?: Device | null | undefined;
  Peer?: Readonly<Record<string, unknown>> | null | undefined;
}

/** The device list in the status. Peers are checked without Zod: there may be thousands, and a user waits for their names. */
export const DevicesAnswer = z.object({
  Self: Device.nullish(),
  Peer: z.custom<Readonly<Record<string, unknown>>>((peers) => typeof peers === "object").nullish(),
});

function isDevice(value: unknown): value is Device {
  if (typeof value !== "object" || value === null) return false;
  return (
    "ID" in value && typeof value.ID === "string" && "DNSName" in value && typeof value.DNSName === "string"
  );
}

/** Runs in one pass. A node without a name can't tell tailnets apart, so every device counts as its own tailnet's. Pure. */
export function devicesIn({ Self, Peer }: DeviceList): TailnetDevice[] {
  const own = domainOf(Self?.DNSName ?? "");
  const devices: TailnetDevice[] = [];
  const add = (device: unknown): void => {
    if (!isDevice(device)) return;
    const { ID: id, DNSName: dnsName } = device;
    const end = dnsName.indexOf(".");
    const name = end === -1 ? dnsName : dnsName.slice(0, end);
    if (name !== "") devices.push({ id, name, foreign: own !== "" && domainOf(dnsName) !== own });
  };
  add(Self);
  for (const key in Peer) add(Peer[key]);
  return devices;
}

/** Returns everything after the first label, without the trailing dot. */
function domainOf(dnsName: string): string {
  const start = dnsName.indexOf(".");
  return start === -1 ? "" : dnsName.slice(start + 1, dnsName.endsWith(".") ? -1 : undefined);
}
