import type { Bed, Prerequisites } from "./bed.ts";
import { createCallRecord } from "./engine/call-record.ts";
import { type FaultyEngine, startFaultyEngine } from "./engine/faulty-engine.ts";
import type { ControlServer } from "./tailnet/control-server.ts";
import type { LoginServer } from "./tailnet/login-server.ts";

/** A bed whose backend calls the engine through a relay. */
export interface RecordedBed<Control extends LoginServer = ControlServer> {
  /** The bed. `close` rejects when the backend made a forbidden call, but still removes everything. */
  readonly bed: Bed<Control>;
  readonly engineSocket: FaultyEngine;
}

/**
 * Opens a tailnet with a device and the installed product. Containers that mount the engine's socket get a relay that writes every
 * call into `file` and can inject faults. Rejects when the engine is on another machine.
 */
export async function openRecordedBed<Control extends LoginServer>(
  { engine, images }: Prerequisites,
  open: (relayed: Prerequisites) => Promise<Bed<Control>>,
  file: string,
): Promise<RecordedBed<Control>> {
  const record = createCallRecord(file);
  const engineSocket = await startFaultyEngine(engine, record.note);
  try {
    const relayed = { ...engine, socketInEngine: engineSocket.path };
    const bed = await open({ engine: relayed, images });
    const close = async (): Promise<void> => {
      await bed.close().finally(engineSocket.close);
      await record.judge();
    };
    return { bed: { ...bed, close }, engineSocket };
  } catch (error) {
    await engineSocket.close();
    throw error;
  }
}
