import { type Bed, type BedOptions, openBed, type Prerequisites } from "./bed.ts";
import { createCallRecord } from "./engine/call-record.ts";
import { type FaultyEngine, startFaultyEngine } from "./engine/faulty-engine.ts";

/** A bed whose backend asks the engine by a relay. */
export interface RecordedBed {
  /** Its `close` rejects when the backend has asked what it may not ask; everything is removed all the same. */
  readonly bed: Bed;
  readonly engineSocket: FaultyEngine;
}

/**
 * A tailnet, a device and the installed product, with a relay before the engine's socket for whatever mounts that: it writes down
 * every call into `file`, and breaks on purpose. Rejects where the engine is on another machine.
 */
export async function openRecordedBed(
  { engine, images }: Prerequisites,
  options: BedOptions,
  file: string,
): Promise<RecordedBed> {
  const record = createCallRecord(file);
  const engineSocket = await startFaultyEngine(engine, record.note);
  try {
    const relayed = { ...engine, socketInEngine: engineSocket.path };
    const bed = await openBed({ engine: relayed, images }, options);
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
