import { describe, expect, it } from "vitest";
import {
  DOCUMENTED,
  DOCUMENTED_CLIENT,
  DOCUMENTED_KEY,
  DOCUMENTED_TOKEN,
} from "../../../../testbed/src/tailnet/tailscale-api/documented.ts";
import { createFakeClock } from "../../testing.ts";
import { type Answering, failure, first, type Reply, setUp } from "./tailscale-api.testing.ts";
import { createTailscaleApi, type TailscaleApi } from "./tailscale-api.ts";

const { token } = DOCUMENTED;

describe("a refusal", () => {
  it.each([400, 401, 403])("of the secret with status %i says where to look", async (status) => {
    const { api } = setUp(first({ status, body: DOCUMENTED.secretRefused.answer.body }));
    const error = await failure(api.tryOut());
    expect(error.code).toBe("CREDENTIAL_REFUSED");
    expect(error.message).toContain("API token invalid");
    expect(error.fault.hint).toContain("https://login.tailscale.com/admin/settings/trust-credentials");
  });

  it("for a missing scope names it, with the tags that it takes", async () => {
    const error = await failure(setUp(first(token.answer, DOCUMENTED.scopeMissing.answer)).api.tryOut());
    expect(error.code).toBe("CREDENTIAL_REFUSED");
    expect(error.fault.hint).toMatch(/Auth Keys: Write \(auth_keys\).*tag:example/);
  });

  it.each([400, 403])("of the tags with status %i names them", async (status) => {
    const { api } = setUp(first(token.answer, { ...DOCUMENTED.tagsRefused.answer, status }));
    const error = await failure(api.tryOut());
    expect(error.code).toBe("CREDENTIAL_REFUSED");
    expect(error.message).toContain("tag:example");
    expect(error.fault.hint).toContain("exactly those of the OAuth client");
  });

  it.each([
    ["deleting", (api: TailscaleApi) => api.deleteDevice("1")],
    ["listing", (api: TailscaleApi) => api.deviceNames()],
  ])("of %s devices names the scope", async (_, run) => {
    const error = await failure(run(setUp(first(token.answer, DOCUMENTED.scopeMissing.answer)).api));
    expect(error).toMatchObject({ code: "CREDENTIAL_REFUSED" });
    expect(error.fault.hint).toContain("devices:core");
  });

  it("to delete another tailnet's device is one, not an outage", async () => {
    const body = JSON.stringify({ message: "cannot delete devices outside of your tailnet" });
    const { api } = setUp(first(token.answer, { status: 501, body }));
    expect(await failure(api.deleteDevice("1"))).toMatchObject({ code: "CREDENTIAL_REFUSED" });
  });

  it.each([DOCUMENTED_CLIENT.clientSecret, "of-no-known-kind"])(
    "that quotes the secret is shown without it",
    async (secret) => {
      const body = JSON.stringify({ message: `unknown ${secret} ${DOCUMENTED_TOKEN}` });
      const error = await failure(setUp(first({ status: 401, body }), secret).api.tryOut());
      expect(error.message).toContain("unknown");
      expect(error.message).not.toContain(secret);
    },
  );
});

describe("a device that is gone, or another tailnet's", () => {
  it("is no error, and said not to be there", async () => {
    const { api } = setUp(first(token.answer, DOCUMENTED.deviceGone.answer));
    expect(await api.deleteDevice("99")).toBe(false);
  });
});

describe("too many requests", () => {
  const limit = (retryAfter?: string): Reply => ({
    status: 429,
    body: "",
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  });

  it.each([
    ["90", "90 seconds"],
    ["600", "10 minutes"],
    [new Date(1_030_000).toUTCString(), "30 seconds"],
    ["86400", "60 minutes"],
    ["soon", "10 seconds"],
    [undefined, "10 seconds"],
  ])("with Retry-After %s say when to try again", async (retryAfter, when) => {
    const error = await failure(setUp(first(limit(retryAfter))).api.tryOut());
    expect(error.code).toBe("CREDENTIAL_LIMITED");
    expect(error.fault.hint).toContain(when);
  });

  it("keep all calls back until then, without asking", async () => {
    const { api, clock, sent } = setUp(first(token.answer, limit("30")));
    await failure(api.createAuthKey("a"));
    await clock.advance(20_000);
    const error = await failure(api.deviceNames());
    expect(error).toMatchObject({ code: "CREDENTIAL_LIMITED" });
    expect(error.fault.hint).toContain("10 seconds");
    expect(sent).toHaveLength(2);
    await clock.advance(10_000);
    expect(await api.deviceNames()).toEqual(["pangolin"]);
  });
});

describe("no usable answer", () => {
  const broken =
    (cause: unknown): Answering =>
    async () => {
      throw new TypeError(`fetch failed for ${DOCUMENTED_CLIENT.clientSecret}`, { cause });
    };

  it.each([
    ["a name that is not found", broken(Object.assign(new Error("x"), { code: "ENOTFOUND" })), "ENOTFOUND"],
    ["a reason that nobody knows", broken(undefined), "TypeError"],
    ["an outage", first({ status: 502, body: "<html>" }), "status 502"],
    ["half an answer", first({ status: 200, body: '{"access_tok' }), "not understood"],
    ["an answer of another shape", first({ status: 200, body: '{"token":"x"}' }), "not understood"],
    [
      "a key without an ID",
      first(token.answer, { status: 200, body: `{"key":"${DOCUMENTED_KEY}"}` }),
      "not understood",
    ],
    [
      "a key that is cut off",
      first(token.answer, { status: 200, body: `{"key":"${DOCUMENTED_KEY}` }),
      "not understood",
    ],
    [
      "a token that breaks a header",
      first({ status: 200, body: '{"access_token":"a\\nb"}' }),
      "not understood",
    ],
  ])("after %s says so", async (_, answering, reason) => {
    const error = await failure(setUp(answering).api.tryOut());
    expect(error.code).toBe("CREDENTIAL_UNREACHABLE");
    expect(error.message).toContain(reason);
  });

  it("within ten seconds ends the wait", async () => {
    const { api, clock } = setUp(
      async (_, signal) =>
        await new Promise<Response>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    const waiting = failure(api.tryOut());
    await clock.advance(10_000);
    expect((await waiting).message).toContain("no answer within 10 seconds");
  });

  it("is read beyond ten megabytes", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const error = await failure(setUp(async () => new Response(endless)).api.tryOut());
    expect(error).toMatchObject({ code: "CREDENTIAL_UNREACHABLE" });
    expect(pulled).toBeLessThan(15);
  });

  it("comes from a redirect: the secret goes nowhere else", async () => {
    let redirect: string | undefined;
    const api = createTailscaleApi({
      baseUrl: "https://api.example",
      ...DOCUMENTED_CLIENT,
      clock: createFakeClock(),
      fetch: async (_, init) => {
        redirect = init?.redirect;
        throw new TypeError("fetch failed");
      },
    });
    await failure(api.tryOut());
    expect(redirect).toBe("error");
  });
});
