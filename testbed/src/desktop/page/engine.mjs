// The platform's services for a panel that need the engine: programs in the backend's container, and the `docker` command. Speaks to the
// engine directly, because the page's image has no `docker`.
import { request as httpRequest } from "node:http";

const ENGINE = `/run/engine/${process.env.ENGINE_SOCKET}`;

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const outgoing = httpRequest(
      { socketPath: ENGINE, method, path, headers: { host: "engine", ...headers } },
      (incoming) => {
        const chunks = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const answer = Buffer.concat(chunks);
          if (incoming.statusCode < 300) resolve(answer);
          else reject(new Error(`the engine answered ${incoming.statusCode}: ${answer}`));
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

/** IDs of running containers with these labels. */
async function containersWith(label) {
  const filters = encodeURIComponent(JSON.stringify({ label }));
  return JSON.parse(await call("GET", `/containers/json?filters=${filters}`)).map(({ Id }) => Id);
}

/** Splits a stream of frames: one byte for the stream, three empty ones, four for the length. */
function streams(bytes) {
  const texts = { 1: "", 2: "" };
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    texts[bytes[at]] += bytes.subarray(at + 8, end).toString();
    at = end;
  }
  return { stdout: texts[1], stderr: texts[2] };
}

async function runIn(container, argv) {
  const body = { Cmd: argv, AttachStdout: true, AttachStderr: true };
  const { Id } = JSON.parse(await call("POST", `/containers/${container}/exec`, body));
  const output = streams(await call("POST", `/exec/${Id}/start`, { Detach: false, Tty: false }));
  const { ExitCode } = JSON.parse(await call("GET", `/exec/${Id}/json`));
  return { ...output, code: ExitCode };
}

/** `vm.cli.exec`: runs a program in the container of the extension's first service. */
export async function runInBackend(argv) {
  const [backend] = await containersWith(JSON.parse(process.env.BACKEND_LABELS));
  if (backend === undefined) throw new Error("the extension's backend does not run");
  return await runIn(backend, argv);
}

/** `docker.cli.exec`: `ps --quiet --filter label=…` and `exec`, as the command answers them. */
export async function runDocker([command, ...args]) {
  if (command === "exec") return await runIn(args[0], args.slice(1));
  if (command !== "ps") throw new Error(`the stand-in has no 'docker ${command}'`);
  const labels = args.flatMap((arg) => (arg.startsWith("label=") ? [arg.slice("label=".length)] : []));
  return { stdout: `${(await containersWith(labels)).join("\n")}\n`, stderr: "", code: 0 };
}
