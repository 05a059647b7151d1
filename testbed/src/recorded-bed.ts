import type { Bed, Prerequisites } from "./bed.ts";
import { createCallRecord } from "./engine/call-record.ts";
import { type FaultyEngine, startFaultyEngine } from "./engine/faulty-engine.ts";
import type { ControlServer } from "./tailnet/control-server.ts";
import type { LoginServer } from "./tailnet/login-server.ts";

/** A bed whose backend asks the engine by a relay. */
export interface RecordedBed<Control extends LoginServer = ControlServer> {
  /** Its `close` rejects when the backend has asked what it may not ask; everything is removed all the same. */
  readonly bed: Bed<Control>;
  readonly engineSocket: FaultyEngine;
}

/**
 * A tailnet, a device and the installed product, with a relay before the engine's socket for whatever mounts that: it writes down
 * every call into `file`, and breaks on purpose. Rejects where the engine is on another machine.
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
