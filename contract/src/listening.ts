import { z } from "zod";
import { Fault } from "./errors.ts";
import { ContainerPort } from "./port.ts";

/** A port that a program in a container listens on. */
export const ListeningPort = ContainerPort.extend({
  /** The listener's reach: every address of the container (`any`), some of them (`address`), or only its inside (`loopback`). */
  at: z.enum(["any", "address", "loopback"]),
  families: z.array(z.enum(["ipv4", "ipv6"])),
});
export type ListeningPort = z.infer<typeof ListeningPort>;

/** A container's listening ports worth showing, found without connecting to it; `fault` explains a failed look. */
export const Listening = z.object({ ports: z.array(ListeningPort), fault: Fault.nullable() });
export type Listening = z.infer<typeof Listening>;
