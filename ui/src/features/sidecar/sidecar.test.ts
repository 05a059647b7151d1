import { describe, expect, it } from "vitest";
import { parseExportTag, tagProblem } from "../../model/preferences.ts";
import { machineShare, settings, share, workload } from "../../testing/fixtures.ts";
import { bundledTag, composeFile, dockerRun, type KeySource, serviceName, sidecarOf } from "./sidecar.ts";

const HOSTILE = `a"b'c\n  privileged: true # $\{HOME} $(reboot) \`id\` \\ \u0085\u2028\ufeff`;

const sidecar = (
  input: Parameters<typeof workload>[0] = {},
  set: Parameters<typeof settings>[0] = {},
  key: KeySource = "environment",
  tag = "v1.92.3",
) => sidecarOf(workload(input), settings(set), key, tag);

describe("a share as a compose file", () => {
  it("gives the network to Tailscale's image, and the application joins it", () => {
    expect(composeFile(sidecar())).toBe(`services:
  "tailscale-web":
    image: "tailscale/tailscale:v1.92.3"
    hostname: "web"
    environment:
      TS_AUTHKEY: "\${TS_AUTHKEY}"
      TS_STATE_DIR: "/var/lib/tailscale"
      TS_USERSPACE: "false"
      TS_ACCEPT_DNS: "false"
      TS_AUTH_ONCE: "true"
    volumes:
      - "tailscale-web:/var/lib/tailscale"
    devices:
      - "/dev/net/tun:/dev/net/tun"
    cap_add:
      - "NET_ADMIN"
      - "NET_RAW"
    restart: "unless-stopped"
  "web":
    image: "nginx:1.29"
    network_mode: "service:tailscale-web"
    depends_on:
      - "tailscale-web"
volumes:
  "tailscale-web": {}
`);
  });

  it("takes the auth key out of a file as a secret", () => {
    const file = composeFile(sidecar({}, {}, "file"));
    expect(file).toContain('      TS_AUTHKEY: "file:/run/secrets/ts_authkey"\n');
    expect(file).toContain('    secrets:\n      - "ts_authkey"\n');
    expect(file).toContain('secrets:\n  ts_authkey:\n    file: "./ts_authkey.txt"\n');
    expect(file).not.toContain("$");
  });

  it("keeps the machine's name and the control server, and has the tag that is asked for, whatever machines run", () => {
    const file = composeFile(
      sidecar(
        { share: machineShare({ name: "wiki" }) },
        { controlUrl: "https://hs.example.com", machineTailscale: "unstable" },
        "environment",
        "v1.102",
      ),
    );
    expect(file).toContain('    hostname: "wiki"\n');
    expect(file).toContain('    image: "tailscale/tailscale:v1.102"\n');
    expect(file).toContain('      TS_EXTRA_ARGS: "--login-server=https://hs.example.com"\n');
  });

  it("is called as its machine would be when it is shared on the node", () => {
    const machine = { name: "shop-web", refusal: null };
    expect(composeFile(sidecar({ share: share(), machine }))).toContain('    hostname: "shop-web"\n');
  });

  it("lets no name and no image say anything else than what it is", () => {
    const plain = composeFile(sidecar()).split("\n");
    const lines = composeFile(sidecar({ name: HOSTILE, image: HOSTILE })).split("\n");
    expect(lines).toHaveLength(plain.length);
    const image = lines[lines.findIndex((line) => line.includes("network_mode")) - 1]?.trim() ?? "";
    expect(image).toMatch(/^image: "[\x20-\x7e]+"$/);
    expect(JSON.parse(image.slice("image: ".length))).toBe(HOSTILE.replaceAll("$", "$$$$"));
  });
});

describe("a share as docker run", () => {
  it("starts Tailscale's image first, and then the application in its network", () => {
    expect(dockerRun(sidecar({}, { controlUrl: "https://hs.example.com" }))).toBe(`docker run -d \\
  --name 'tailscale-web' \\
  --hostname 'web' \\
  -e TS_AUTHKEY \\
  -e 'TS_STATE_DIR=/var/lib/tailscale' \\
  -e 'TS_USERSPACE=false' \\
  -e 'TS_ACCEPT_DNS=false' \\
  -e 'TS_AUTH_ONCE=true' \\
  -e 'TS_EXTRA_ARGS=--login-server=https://hs.example.com' \\
  -v 'tailscale-web:/var/lib/tailscale' \\
  --device /dev/net/tun \\
  --cap-add NET_ADMIN \\
  --cap-add NET_RAW \\
  --restart unless-stopped \\
  'tailscale/tailscale:v1.92.3'
docker run -d \\
  --name 'web' \\
  --network 'container:tailscale-web' \\
  --restart unless-stopped \\
  'nginx:1.29'
`);
  });

  it("takes the auth key out of a file", () => {
    const lines = dockerRun(sidecar({}, {}, "file"));
    expect(lines).toContain('  -v "$PWD/ts_authkey.txt:/run/secrets/ts_authkey:ro" \\\n');
    expect(lines).toContain("  -e TS_AUTHKEY=file:/run/secrets/ts_authkey \\\n");
  });

  it("lets no image leave its quotes", () => {
    const lines = dockerRun(sidecar({ image: "it's $(reboot)" }));
    expect(lines.endsWith(`  'it'\\''s $(reboot)'\n`)).toBe(true);
  });
});

describe("a service's name", () => {
  it("is the workload's, as far as compose takes it", () => {
    expect(serviceName("web_2.old")).toBe("web_2.old");
    expect(serviceName("My wiki!")).toBe("My-wiki");
    expect(serviceName("--x..")).toBe("x");
    expect(serviceName("…")).toBe("app");
    expect(serviceName("x".repeat(200))).toHaveLength(50);
    expect(serviceName(HOSTILE)).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/);
  });
});

describe("the tag of Tailscale's image", () => {
  it("is the release's that comes with the extension until another is asked for", () => {
    expect(bundledTag({ backend: "0.1.0", tailscale: "1.102.3" })).toBe("v1.102.3");
    expect(bundledTag({ backend: "0.1.0", tailscale: null })).toBe("stable");
    expect(parseExportTag(null)).toBe("");
    expect(parseExportTag("v1.102")).toBe("v1.102");
  });

  it("is refused where no image can have it, and what somebody else left in the memory counts as none", () => {
    for (const tag of ["", "latest", "v1.102.3", "unstable-v1.103.7", "_x", "x".repeat(128)])
      expect(tagProblem(tag)).toBeNull();
    for (const tag of [" ", "-x", ".x", "a b", "a/b", "a:b", "a@b", "a\n", "é", "$(id)", "x".repeat(129)]) {
      expect(tagProblem(tag)).toMatch(/^A tag has/);
      expect(parseExportTag(tag)).toBe("");
    }
  });
});
