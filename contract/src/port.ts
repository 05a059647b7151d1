import { z } from "zod";

/** A TCP or UDP port number. */
export const PortNumber = z.int().min(1).max(65_535);

export const Protocol = z.enum(["tcp", "udp"]);
export type Protocol = z.infer<typeof Protocol>;

/** A port inside a container. */
export const ContainerPort = z.object({ port: PortNumber, protocol: Protocol });
export type ContainerPort = z.infer<typeof ContainerPort>;

/** A run of consecutive ports that a container declares, first and last included. */
export const PortRange = z.object({ from: PortNumber, to: PortNumber, protocol: Protocol });
export type PortRange = z.infer<typeof PortRange>;
