import type { ContainerPort } from "@tailnet-share/contract/port";
import { describe, expect, test } from "vitest";
import { foldPorts } from "./declared-ports.ts";
import { isUnsure, likeliestFirst, portOfOneClick } from "./likely-port.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" as const });
const udp = (port: number) => ({ port, protocol: "udp" as const });

test("puts the plain web port before the admin port that has the smaller number", () => {
  expect(likeliestFirst([tcp(22), tcp(8080), tcp(80)])).toEqual([tcp(80), tcp(8080), tcp(22)]);
});

test("puts TCP before UDP, and a UDP port is never taken for a web port", () => {
  expect(likeliestFirst([udp(80), tcp(6379)])).toEqual([tcp(6379), udp(80)]);
});

/** Parses ports in the form of `EXPOSE`: `80 443/udp 4510-4559`. */
function ports(words: string): ContainerPort[] {
  return words
    .split(" ")
    .filter(Boolean)
    .flatMap((word) => {
      const [numbers = "", protocol] = word.split("/");
      const [from = 0, to = from] = numbers.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) =>
        (protocol === "udp" ? udp : tcp)(from + index),
      );
    });
}

function declared(exposed: string, published = "") {
  const ofUser = ports(published);
  const folded = foldPorts([...ports(exposed), ...ofUser], ofUser);
  return { ports: folded.ports, portRanges: folded.ranges, published: ofUser };
}

describe("one click shares the port that users open", () => {
  // Exposed ports of these images at the time of writing.
  test.each([
    ["nginx", "80", 80],
    ["caddy", "80 443 443/udp 2019", 80],
    ["traefik", "80", 80],
    ["httpd behind ssh", "22 80", 80],
    ["nginx-proxy-manager", "80 81 443", 80],
    ["node", "3000", 3000],
    ["vite", "5173", 5173],
    ["rabbitmq", "4369 5671 5672 15691 15692 25672", 5672],
    ["rabbitmq:management", "4369 5671 5672 15671 15672 15691 15692 25672", 15672],
    ["axllent/mailpit", "1025 1110 8025", 8025],
    ["mailhog", "1025 8025", 8025],
    ["maildev", "1025 1080", 1080],
    ["localstack", "4510-4559 4566 5678", 4566],
    ["portainer-ce", "8000 9000 9443", 9443],
    ["neo4j", "7473 7474 7687", 7474],
    ["elasticsearch", "9200 9300", 9200],
    ["kibana", "5601", 5601],
    ["grafana", "3000", 3000],
    ["prometheus", "9090", 9090],
    ["jaeger all-in-one", "4317 4318 5775/udp 5778 6831/udp 6832/udp 9411 14250 14268 16686", 16686],
    ["consul", "8300 8301 8301/udp 8302 8302/udp 8500 8600 8600/udp", 8500],
    ["clickhouse", "8123 9000 9009", 8123],
    ["influxdb", "8086", 8086],
    ["couchdb", "4369 5984 9100", 5984],
    ["couchbase", "8091-8096 11207 11210 11211 18091-18096", 8091],
    ["activemq artemis", "1883 5445 5672 8161 9404 61613 61616", 8161],
    ["emqx", "1883 4370 5369 8083 8084 8883 18083", 18083],
    ["plex", "1900/udp 3005 5353/udp 8324 32400 32410/udp 32412/udp 32413/udp 32414/udp 32469", 32400],
    ["emby", "1900/udp 7359/udp 8096 8920", 8096],
    ["syncthing", "8384 22000 22000/udp 21027/udp", 8384],
    ["transmission", "9091 51413 51413/udp", 9091],
    ["deluge", "8112 58846 58946 58946/udp", 8112],
    ["gitea", "22 3000", 3000],
    ["gitlab", "22 80 443", 80],
    ["jenkins", "8080 50000", 8080],
    ["pihole", "53 53/udp 67/udp 80 123/udp 443", 80],
    [
      "adguardhome",
      "53 53/udp 67/udp 68/udp 80 443 443/udp 853 853/udp 3000 3000/udp 5443 5443/udp 6060",
      80,
    ],
    ["odoo", "8069 8071 8072", 8069],
    ["mattermost", "8065 8067 8074 8075", 8065],
    ["synapse", "8008 8009 8448", 8008],
    ["keycloak", "8080 8443 9000", 8080],
    ["arangodb", "8529", 8529],
    ["rethinkdb", "8080 28015 29015", 8080],
    ["qdrant", "6333 6334", 6333],
    ["postgres", "5432", 5432],
    ["mysql", "3306 33060", 3306],
    ["mongo", "27017", 27017],
    ["redis", "6379", 6379],
    ["redis-stack", "6379 8001", 8001],
    ["cassandra", "7000 7001 7199 9042 9160", 9042],
    ["nats", "4222 6222 8222", 4222],
    ["etcd", "2379 2380", 2379],
    ["memcached", "11211", 11211],
    ["selenium standalone", "4444 5900 9000", 4444],
    ["kong", "8000 8001 8443 8444", 8000],
    ["woodpecker", "80 443 8000 9000", 80],
    ["asterisk", "80 5060/udp 10000-20000/udp", 80],
  ])("%s: %s gives %i", (_, exposed, expected) => {
    expect(portOfOneClick(declared(exposed))).toEqual(tcp(expected));
  });

  test.each([
    ["a broker's console only", "4369 5671 5672 15672", "15672", tcp(15672)],
    ["a broker's own port only", "4369 5671 5672 15672", "5672", tcp(5672)],
    ["a mail catcher's page", "1025 1110 8025", "8025", tcp(8025)],
    ["an emulator's door", "4510-4559 4566", "4566", tcp(4566)],
    ["a port of a range", "4510-4559 4566", "4520", tcp(4520)],
    ["the page with encryption", "8000 9000 9443", "9443", tcp(9443)],
    ["a page beside SSH", "22 3000", "22 3000", tcp(3000)],
    ["a port that the image does not declare", "", "7777", tcp(7777)],
    ["a tunnel and its page", "51820/udp", "51820/udp 51821", tcp(51821)],
    ["a tunnel only", "80 51820/udp", "51820/udp", udp(51820)],
    ["the second web port", "80 8080", "8080", tcp(8080)],
  ])("a published port counts before a declared one: %s", (_, exposed, published, expected) => {
    expect(portOfOneClick(declared(exposed, published))).toEqual(expected);
  });

  test("prefers a port that answers HTTP, then one that listens, then a likely number", () => {
    const three = declared("7701 7702 7703");
    const listening = [tcp(7702), tcp(7703)];
    expect(portOfOneClick(three, { listening, http: [7703] })).toEqual(tcp(7703));
    expect(portOfOneClick(three, { listening, http: [] })).toEqual(tcp(7702));
    expect(portOfOneClick(declared("80 7703"), { listening: [tcp(7703)], http: [] })).toEqual(tcp(7703));
    expect(portOfOneClick(three, { listening: [], http: [] })).toEqual(tcp(7701));
    expect(portOfOneClick(three, { listening: [tcp(9999)], http: [9999] }), "it is not declared").toEqual(
      tcp(7701),
    );
  });

  test("among published ports the one that listens counts, and an unpublished one never", () => {
    const both = declared("80 7701 7702", "7701 7702");
    expect(portOfOneClick(both, { listening: [tcp(80), tcp(7702)], http: [80] })).toEqual(tcp(7702));
  });

  test("a port of a declared range is found by what listens", () => {
    const range = declared("20000-20999");
    expect(portOfOneClick(range)).toBeUndefined();
    expect(portOfOneClick(range, { listening: [tcp(20_500)], http: [20_500] })).toEqual(tcp(20_500));
  });
});

test.each([
  ["80", false],
  ["80 443", false],
  ["22 3000", false],
  ["5432", false],
  ["7701 7702", true],
  ["80 8080", true],
  ["20000-20999", true],
  ["51820/udp", false],
])("looks into a container that declares %s before a click: %s", (exposed, expected) => {
  expect(isUnsure(declared(exposed))).toBe(expected);
});
