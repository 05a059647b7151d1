import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import { z } from "zod";
import type { HttpAnswer, HttpRequest } from "../lib/net/unix-http.ts";
import { dialectOf } from "./dialect.ts";
import { createOwnContainerCalls } from "./own-containers.ts";
import type { EngineTransport } from "./transport.ts";

const Limits = z.object({
  CapDrop: z.array(z.string()),
  CapAdd: z.array(z.string()),
  SecurityOpt: z.array(z.string()),
  ReadonlyRootfs: z.boolean(),
  Memory: z.number(),
  MemorySwap: z.number(),
  PidsLimit: z.number(),
});
const DOCKER = dialectOf({ Components: null }, "1.41");
const REFERENCE = "tailscale/tailscale:v1.102";
const ok = (body = ""): HttpAnswer => ({ status: 200, headers: {}, body });
const missing: HttpAnswer = { status: 404, headers: {}, body: '{"message":"No such image"}' };

/** An engine with or without the image; `pull` answers a request to pull one. */
function engine(image: HttpAnswer, pull: () => Promise<HttpAnswer>) {
  const asked: string[] = [];
  const call = async ({ method, path }: HttpRequest) => {
    asked.push(`${method} ${path}`);
    return method === "GET" ? image : await pull();
  };
  const transport = {
    call,
    reach: async (work) => await work(),
    dialect: () => DOCKER,
  } satisfies Partial<EngineTransport> as unknown;
  return { asked, ...createOwnContainerCalls(transport as EngineTransport) };
}

test("an image that is there is not fetched, so that a registry out of reach stops nobody", async () => {
  const { ensureImage, asked } = engine(ok("{}"), async () => await Promise.reject(new Error("not used")));
  await ensureImage(REFERENCE);
  expect(asked).toEqual(["GET /images/tailscale/tailscale:v1.102/json"]);
});

test("an image that is not there is fetched", async () => {
  const { ensureImage, asked } = engine(missing, async () => ok('{"status":"Pull complete"}\n'));
  await ensureImage(REFERENCE);
  expect(asked[1]).toBe("POST /images/create?fromImage=tailscale%2Ftailscale%3Av1.102");
});

const away = new AppError("ENGINE_UNREACHABLE", "Can't reach Docker Engine.", "", {
  cause: Object.assign(new Error("aborted", { cause: new DOMException("", "TimeoutError") }), {
    name: "AbortError",
  }),
});

test.each<[string, () => Promise<HttpAnswer>]>([
  ["that the registry does not know", async () => ({ ...missing, body: '{"message":"manifest unknown"}' })],
  [
    "while the registry is away",
    async () => ({ status: 500, headers: {}, body: '{"message":"no such host"}' }),
  ],
  ["whose fetching ends half-way", async () => ok('{"status":"Pulling"}\n{"error":"unexpected EOF"}\n')],
  ["whose fetching takes too long", async () => await Promise.reject(away)],
])("an image %s is unavailable, and says what to do", async (_which, pull) => {
  const { ensureImage } = engine(missing, pull);
  await expect(ensureImage(REFERENCE)).rejects.toMatchObject({
    code: "IMAGE_UNAVAILABLE",
    fault: { message: expect.stringContaining(REFERENCE), hint: expect.stringContaining("Settings") },
  });
});

test.each([
  ["network", ["NET_ADMIN", "NET_RAW"], undefined, true],
  ["none", [], "65534:65534", false],
] as const)(
  "a container with the rights '%s' gets these, and limits",
  async (rights, capabilities, user, more) => {
    const bodies: unknown[] = [];
    const call = async ({ json }: HttpRequest) => {
      bodies.push(json);
      return ok('{"Id":"own"}');
    };
    const calls = createOwnContainerCalls({
      call,
      dialect: () => DOCKER,
    } satisfies Partial<EngineTransport> as unknown as EngineTransport);
    await calls.createOwn({
      ...{
        name: "own",
        image: "sha256:own",
        networkOf: "web",
        entrypoint: ["x"],
        environment: {},
        labels: {},
      },
      ...{ directories: new Map(), tun: false, rights },
    });
    const [{ User, HostConfig }] = z
      .tuple([z.object({ User: z.string().optional(), HostConfig: Limits })])
      .parse(bodies);
    expect(User).toBe(user);
    expect(HostConfig).toMatchObject({ CapDrop: ["ALL"], ReadonlyRootfs: true });
    expect(HostConfig.CapAdd).toEqual(capabilities);
    expect(HostConfig.SecurityOpt).toEqual(["no-new-privileges:true"]);
    expect(HostConfig.Memory).toBeLessThanOrEqual((more ? 256 : 128) * 2 ** 20);
    expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
    expect(HostConfig.PidsLimit).toBeLessThanOrEqual(more ? 256 : 64);
  },
);

test("an engine that is away is not an image that is missing", async () => {
  const { ensureImage } = engine(missing, async () => {
    throw new AppError("ENGINE_UNREACHABLE", "Can't reach Docker Engine.");
  });
  await expect(ensureImage(REFERENCE)).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
});
