import { WorkloadId } from "@tailnet-share/contract/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isExtensionContainer, ownLabels, workloadIdentity } from "./identity.ts";

const compose = (service: string, more: Record<string, string> = {}) => ({
  "com.docker.compose.project": "shop",
  "com.docker.compose.service": service,
  "com.docker.compose.container-number": "1",
  ...more,
});

test("a compose container is its project, service and replica, whatever it is called", () => {
  const one = workloadIdentity({ name: "shop_web_1", labels: compose("web") });
  const recreated = workloadIdentity({ name: "4f5_shop_web_1", labels: compose("web") });
  expect(one).toEqual({ id: "compose:shop/web/1", name: "web", project: "shop" });
  expect(recreated.id).toBe(one.id);
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

test("labels that an image brought along make no compose service of a plain container", () => {
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

test("what is invisible in a label, or turns the text around it, is a mark in the name and stays in the identity", () => {
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

test("any labels give an identity that the contract accepts", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (project, service, number) => {
      const labels = compose(service, {
        "com.docker.compose.project": project,
        "com.docker.compose.container-number": number,
      });
      expect(WorkloadId.safeParse(workloadIdentity({ name: "plain", labels }).id).success).toBe(true);
    }),
  );
});

test("the extension's own and other extensions' containers are recognised", () => {
  expect(isExtensionContainer({ labels: { "tailnet-share.role": "backend" } })).toBe(true);
  expect(isExtensionContainer({ labels: { "com.docker.desktop.extension.name": "x" } })).toBe(true);
  expect(isExtensionContainer({ labels: compose("web") })).toBe(false);
});
