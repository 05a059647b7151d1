import { AppError } from "@tailnet-share/contract/errors";
import type { Settings, Snapshot } from "@tailnet-share/contract/model";
import {
  type Backup,
  BackupRequest,
  type CheckReport,
  type Diagnostics,
  type Listening,
  LONG_POLL_MS,
  Login,
  MAX_RESTORE_BYTES,
  type NameCheck,
  NameParams,
  NameQuery,
  PatchNode,
  PatchSettings,
  PutShare,
  Restore,
  RetirementParams,
  ShareParams,
  SnapshotQuery,
} from "@tailnet-share/contract/routes";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

/** What the routes call: validate, call, answer, and nothing else happens here. */
export interface Application {
  snapshot(since: string | undefined, ms: number, signal: AbortSignal): Promise<Snapshot>;
  putShare(workload: string, wanted: PutShare): Promise<Snapshot>;
  removeShare(workload: string): Promise<Snapshot>;
  removeAllShares(): Promise<Snapshot>;
  checkShare(workload: string): Promise<CheckReport>;
  listening(workload: string): Promise<Listening>;
  retry(): Promise<Snapshot>;
  dismissRetirement(machine: string): Promise<Snapshot>;
  login(request: Login): Promise<Snapshot>;
  cancelLogin(): Promise<Snapshot>;
  logout(): Promise<Snapshot>;
  patchNode(changes: PatchNode): Promise<Snapshot>;
  checkName(name: string, workload: string): Promise<NameCheck>;
  settings(): Settings;
  patchSettings(changes: PatchSettings): Promise<Snapshot>;
  backup(request: BackupRequest): Promise<Backup>;
  restore(request: Restore): Promise<Snapshot>;
  diagnostics(): Promise<Diagnostics>;
}

const NoBody = z.union([z.undefined(), z.null(), z.strictObject({})]);

export function addRoutes(server: FastifyInstance, app: Application): void {
  server.get("/snapshot", async (request, reply) => {
    const { since } = SnapshotQuery.parse(request.query);
    return await app.snapshot(since, LONG_POLL_MS, gone(reply));
  });
  server.put("/shares/:workload", async (request) => {
    const { workload } = ShareParams.parse(request.params);
    return await app.putShare(workload, PutShare.parse(request.body ?? {}));
  });
  server.delete("/shares", async (request) => {
    NoBody.parse(request.body);
    return await app.removeAllShares();
  });
  server.delete("/shares/:workload", async (request) => {
    const { workload } = ShareParams.parse(request.params);
    NoBody.parse(request.body);
    return await app.removeShare(workload);
  });
  server.post("/shares/:workload/check", async (request) => {
    const { workload } = ShareParams.parse(request.params);
    NoBody.parse(request.body);
    return await app.checkShare(workload);
  });
  server.get("/workloads/:workload/listening", async (request) => {
    const { workload } = ShareParams.parse(request.params);
    return await app.listening(workload);
  });
  server.post("/retry", async (request) => {
    NoBody.parse(request.body);
    return await app.retry();
  });
  server.delete("/retirements/:machine", async (request) => {
    const { machine } = RetirementParams.parse(request.params);
    NoBody.parse(request.body);
    return await app.dismissRetirement(machine);
  });
  server.post("/login", async (request) => await app.login(Login.parse(request.body ?? {})));
  server.delete("/login", async (request) => {
    NoBody.parse(request.body);
    return await app.cancelLogin();
  });
  server.post("/logout", async (request) => {
    NoBody.parse(request.body);
    return await app.logout();
  });
  server.patch("/node", async (request) => {
    const changes = PatchNode.parse(request.body);
    if (Object.keys(changes).length === 0) throw new AppError("BAD_REQUEST", "The request changes nothing.");
    return await app.patchNode(changes);
  });
  server.get("/names/:name", async (request) => {
    const { name } = NameParams.parse(request.params);
    const { workload } = NameQuery.parse(request.query);
    return await app.checkName(name, workload);
  });
  server.get("/settings", async () => await Promise.resolve(app.settings()));
  server.patch("/settings", async (request) => await app.patchSettings(PatchSettings.parse(request.body)));
  server.post("/backup", async (request) => await app.backup(BackupRequest.parse(request.body ?? {})));
  server.post(
    "/restore",
    { bodyLimit: MAX_RESTORE_BYTES },
    async (request) => await app.restore(Restore.parse(request.body)),
  );
  server.get("/diagnostics", async () => await app.diagnostics());
}

/** Ends when the answer is sent or the client has gone, so that nothing waits for a closed panel. */
function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // The answer's end, not the connection's: a kept connection carries many polls.
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}
