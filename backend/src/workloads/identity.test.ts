import { WorkloadId } from "@tailnet-share/contract/workload";
import fc from "fast-check";
import { expect, test } from "vitest";
import { identityKind, isHidden, ownLabels, workloadIdentity } from "./identity.ts";

const compose = (service: string, more: Record<string, string> = {}) => ({
  "com.docker.compose.project": "shop",
  "com.docker.compose.service": service,
  "com.docker.compose.container-number": "1",
  ...more,
});

test("a compose container is its project, service and replica, whatever it is called", () => {
  const first = workloadIdentity({ name: "shop_web_1", labels: compose("web") });
  const recreated = workloadIdentity({ name: "4f5_shop_web_1", labels: compose("web") });
  expect(first).toEqual({ id: "compose:shop/web/1", name: "web", project: "shop" });
  expect(recreated.id).toBe(first.id);
});

test("a one-off compose container and a plain one go by their name", () => {
  expect(
    workloadIdentity({
      name: "shop_web_run_1",
      labels: compose("web", { "com.docker.compose.oneoff": "True" }),
    }).id,
  ).toBe("name:shop_web_run_1");
  expect(workloadIdentity({ name: "db", labels: {} })).toEqual({ id: "name:db", name: "db", project: null });
});

test("labels that an image brought along make no compose service of a plain container [S075]", () => {
  const baked = compose("web");
  const plain = (labels: Record<string, string>, image: Record<string, string>) =>
    workloadIdentity({ name: "x", labels: ownLabels(labels, image) }).id;
  expect(plain({ ...baked, maintainer: "y" }, { ...baked, maintainer: "y" })).toBe("name:x");
  expect(plain(baked, {})).toBe("compose:shop/web/1");
  const { "com.docker.compose.container-number": number, ...built } = baked;
  expect(number).toBe("1");
  expect(plain(built, built), "started by hand from an image that compose has built").toBe("name:x");
  expect(plain(baked, built), "a service of an image that compose has built").toBe("compose:shop/web/1");
  const hashed = { ...baked, "com.docker.compose.config-hash": "4f5" };
  expect(plain(hashed, baked), "a service of an image that claims to be it").toBe("compose:shop/web/1");
  expect(plain(hashed, hashed)).toBe("name:x");
});

test("labels that cannot be told from another workload's identity make none", () => {
  const labels = { ...compose("web/1"), "com.docker.compose.project": "a/b" };
  expect(workloadIdentity({ name: "x", labels }).id).toBe("name:x");
});

test("invisible or direction-changing characters of a label become marks in the name and stay in the identity", () => {
  const labels = { ...compose("we\u0007b\u200b"), "com.docker.compose.project": "e2e-\u202eexe.jpg" };
  expect(workloadIdentity({ name: "x", labels })).toEqual({
    id: "compose:e2e-\u202eexe.jpg/we\u0007b\u200b/1",
    name: "we\ufffdb\ufffd",
    project: "e2e-\ufffdexe.jpg",
  });
});

test("letters that are written from right to left are a name like any other", () => {
  const labels = { ...compose("خدمة-الويب"), "com.docker.compose.project": "فروشگاه" };
  expect(workloadIdentity({ name: "x", labels })).toMatchObject({ name: "خدمة-الويب", project: "فروشگاه" });
});

test.each([
  ["a replicated task", "web", "web.1.x8h2", "swarm:web/1", "web"],
  ["another slot", "web", "web.12.x8h2", "swarm:web/12", "web-12"],
  ["a global service's task", "agent", "agent.n0de1d.x8h2", "swarm:agent/n0de1d", "agent"],
  ["a service with a dot in its name", "web.v2", "web.v2.3.x8h2", "swarm:web.v2/3", "web.v2-3"],
])("identifies %s of a swarm by service and slot", (_, service, task, id, name) => {
  const labels = { "com.docker.swarm.service.name": service, "com.docker.swarm.task.name": task };
  expect(workloadIdentity({ name: task, labels })).toEqual({ id, name, project: null });
});

test("shows a stack's service under the stack", () => {
  const labels = {
    "com.docker.swarm.service.name": "shop_web",
    "com.docker.swarm.task.name": "shop_web.1.x8h2",
    "com.docker.stack.namespace": "shop",
  };
  const identity = workloadIdentity({ name: "shop_web.1.x8h2", labels });
  expect(identity).toEqual({ id: "swarm:shop_web/1", name: "web", project: "shop" });
});

test.each(["web", "other.1.x8h2", "web.1", "web.1.x8h2.more", "web..x8h2", ""])(
  "takes a container whose task is called '%s' for no task of the service web",
  (task) => {
    const labels = { "com.docker.swarm.service.name": "web", "com.docker.swarm.task.name": task };
    expect(workloadIdentity({ name: "x", labels }).id).toBe("name:x");
  },
);

const devContainer = (folder: string, config = `${folder}/.devcontainer/devcontainer.json`) => ({
  "devcontainer.local_folder": folder,
  "devcontainer.config_file": config,
});

test("identifies a dev container by its folder and configuration, whatever name the engine invents", () => {
  const of = (name: string, labels: Record<string, string>) => workloadIdentity({ name, labels });
  const before = of("frosty_banzai", devContainer("/home/u/app"));
  expect(before.name).toBe("app");
  expect(of("zen_curie", devContainer("/home/u/app"))).toEqual(before);
  expect(of("zen_curie", devContainer("/home/v/app")).id).not.toBe(before.id);
  expect(of("zen_curie", devContainer("/home/u/app", "/home/u/app/other.json")).id).not.toBe(before.id);
  expect(of("x", { "devcontainer.local_folder": "c:\\Users\\u\\shop\\" }).name).toBe("shop");
});

test("a dev container that compose starts is the compose service", () => {
  expect(workloadIdentity({ name: "x", labels: { ...compose("dev"), ...devContainer("/app") } }).id).toBe(
    "compose:shop/dev/1",
  );
});

test.each([
  ["dev container", devContainer("/home/u/app")],
  ["swarm task", { "com.docker.swarm.service.name": "web", "com.docker.swarm.task.name": "web.1.x" }],
])("believes nothing of a %s that the image brought along", (_, labels) => {
  expect(workloadIdentity({ name: "x", labels: ownLabels(labels, labels) }).id).toBe("name:x");
  expect(workloadIdentity({ name: "x", labels: ownLabels(labels, {}) }).id).not.toBe("name:x");
});

test("keeps the labels of one kind when the image brought those of another", () => {
  const labels = { ...compose("web"), ...devContainer("/app") };
  expect(ownLabels(labels, compose("web"))).toEqual(devContainer("/app"));
});

test("gives a name that is too long, or odd, an identity of its own that fits", () => {
  const long = "n".repeat(700);
  const ids = [long, `${long}2`, "a b", "a_b", "a/b", "\ud800"].map(
    (name) => workloadIdentity({ name, labels: {} }).id,
  );
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(WorkloadId.parse(id).length).toBeLessThanOrEqual(600);
  expect(workloadIdentity({ name: long, labels: {} }).name).toBe(`${"n".repeat(249)}…`);
  expect(workloadIdentity({ name: "n".repeat(595), labels: {} }).id).toBe(`name:${"n".repeat(595)}`);
});

test("marks a name that the engine made up, and nothing else", () => {
  const kind = (name: string, labels: Record<string, string> = {}) =>
    identityKind(workloadIdentity({ name, labels }).id);
  expect(kind("frosty_banzai")).toBe("invented-name");
  expect(kind("web")).toBe("name");
  expect(kind("frosty_banzai", compose("web"))).toBe("compose");
  expect(kind("frosty_banzai", devContainer("/app"))).toBe("dev-container");
});

test("any names and labels give an identity that the contract accepts and a path can carry", () => {
  const keys = ["project", "service", "container-number", "oneoff"].map((key) => `com.docker.compose.${key}`);
  const others = [
    "com.docker.swarm.service.name",
    "com.docker.swarm.task.name",
    "com.docker.stack.namespace",
  ];
  const label = fc.constantFrom(...keys, ...others, ...Object.keys(devContainer("")));
  const odd = ["\ud800", "\ud83d\ude00", "\u202e", "/", " ", "\n", "1", ".", "~", "web", "n".repeat(120)];
  const text = fc.string({ unit: fc.constantFrom(...odd), maxLength: 12 });
  fc.assert(
    fc.property(text, fc.dictionary(label, text, { maxKeys: 5 }), (name, labels) => {
      const identity = workloadIdentity({ name, labels });
      expect(WorkloadId.safeParse(identity.id).success).toBe(true);
      expect(() => encodeURIComponent(identity.id)).not.toThrow();
      expect(identity.name.length).toBeLessThanOrEqual(250);
    }),
  );
});

test.each([
  "tailnet-share.role",
  "com.docker.desktop.extension.name",
  "io.kubernetes.pod.namespace",
  "io.kubernetes.docker.type",
])("hides a container with the label %s", (label) =>
  expect(isHidden({ labels: { [label]: "x" } })).toBe(true),
);

test("hides no container whose image merely speaks of Kubernetes, nor a compose service", () => {
  const labels = { "io.kubernetes.pod.name": "x" };
  expect(isHidden({ labels: ownLabels(labels, labels) })).toBe(false);
  expect(isHidden({ labels: { "io.k8s.display-name": "x" } })).toBe(false);
  expect(isHidden({ labels: compose("web") })).toBe(false);
});
