# The extension's image: one layer of just what runs, no shell, no package manager.
# Both base images can be named by build arguments: a mirror or an air-gapped build names its own, and a release names them by
# digest: --build-arg NODE_IMAGE=node:…@sha256:… --build-arg TAILSCALE_IMAGE=tailscale/tailscale:…@sha256:…
ARG NODE_IMAGE
ARG TAILSCALE_IMAGE

# Unless an argument names another. They stand here as they are, because what looks for updates reads no argument; a stage that
# nothing is made from is not fetched.
FROM --platform=$BUILDPLATFORM node:24.21.0-bookworm-slim AS native-node-base
FROM node:24.21.0-bookworm-slim AS node-base
FROM tailscale/tailscale:v1.102.3 AS tailscale-base

# The panel and the bundle are the same for every platform: build them once, natively.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE:-native-node-base} AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY contract/package.json contract/
COPY backend/package.json backend/
COPY ui/package.json ui/
COPY testbed/package.json testbed/
RUN --mount=type=cache,target=/root/.npm npm ci --workspace contract --workspace backend --workspace ui
COPY tsconfig.base.json ./
COPY contract contract
COPY backend backend
COPY ui ui
RUN npm run build
COPY packaging packaging

FROM ${TAILSCALE_IMAGE:-tailscale-base} AS tailscale

# Collects the programs and exactly the shared libraries that they load.
FROM ${NODE_IMAGE:-node-base} AS rootfs
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates conntrack iproute2 nftables \
 && rm -rf /var/lib/apt/lists/*
COPY packaging/collect-rootfs.sh /
RUN sh /collect-rootfs.sh /rootfs /usr/local/bin/node /usr/sbin/nft /usr/sbin/conntrack /usr/bin/ip

# Says what is in the image, and under which licences.
FROM build AS bill
COPY --from=rootfs /packages.tsv /tmp/
COPY --from=tailscale /usr/local/bin/tailscaled /tmp/
RUN node packaging/write-bill.ts /bill /tmp/packages.tsv /tmp/tailscaled \
 && rm ui/dist/files.json

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Tailnet Share" \
      org.opencontainers.image.description="One click and a running container is reachable from your tailnet, by name." \
      org.opencontainers.image.vendor="Tailnet Share" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/tailnet-share/tailnet-share" \
      org.opencontainers.image.version="${VERSION}" \
      com.docker.desktop.extension.api.version=">= 0.3.4" \
      com.docker.desktop.extension.icon="https://raw.githubusercontent.com/tailnet-share/tailnet-share/main/icon.svg" \
      com.docker.extension.screenshots="[{\"alt\":\"Running containers, each with a switch\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/main/docs/pictures/list-light.png\"},{\"alt\":\"The same in the dark theme\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/main/docs/pictures/list-dark.png\"}]" \
      com.docker.extension.detailed-description="<p>Log in to your tailnet, flip a container's switch, and open it from your phone, a colleague's laptop or a CI machine. Nothing is published, nothing is edited, nothing else on your machine is exposed. Flip the switch back and it is gone.</p>" \
      com.docker.extension.publisher-url="https://github.com/tailnet-share/tailnet-share" \
      com.docker.extension.changelog="<p>See <a href=\"https://github.com/tailnet-share/tailnet-share/blob/main/CHANGELOG.md\">CHANGELOG.md</a>.</p>" \
      com.docker.extension.categories="networking,security" \
      com.docker.extension.additional-urls="[{\"title\":\"Documentation\",\"url\":\"https://github.com/tailnet-share/tailnet-share#readme\"},{\"title\":\"Report a problem\",\"url\":\"https://github.com/tailnet-share/tailnet-share/issues\"}]" \
      tailnet-share.role="backend"
COPY --from=rootfs /rootfs/ /
COPY --from=tailscale /usr/local/bin/tailscaled /usr/local/bin/tailscale /usr/local/bin/
COPY --from=build /src/backend/dist/backend.mjs /src/backend/dist/machine.mjs /src/backend/dist/health.mjs /src/backend/dist/panel-secret.mjs /src/backend/dist/panel-link.mjs /app/
COPY --from=bill /src/ui/dist /ui
COPY --from=bill /bill/sbom.cdx.json /usr/share/doc/tailnet-share/
COPY --from=bill /bill/THIRD-PARTY-LICENCES /
COPY metadata.json docker-compose.yaml icon.svg LICENSE /
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin \
    NODE_ENV=production \
    NODE_USE_ENV_PROXY=1 \
    TAILNET_SHARE_VERSION=${VERSION}
# Tries every hop; see backend/src/bin/health.ts. Each time it costs the start of a Node, some 50 ms of one processor, so not
# more often. Machines and helpers, which are containers of this image too, are made without it.
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s --retries=2 \
  CMD ["/usr/local/bin/node", "--max-semi-space-size=1", "/app/health.mjs"]
# A small heap: each look at the engine makes garbage that is dead at once, and by default 48 MB of it may pile up. Without V8's compilers:
# the optimizing ones take 20 MB, the other one 3 MB, and either saves a tenth of the processor time of a hundred clicks; no visitor's byte
# passes through this program. Without machine code at all (--jitless) it would take 3 MB less, but `fetch` would not work.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=2", "--optimize-for-size", "--no-opt", "--no-maglev", "--no-sparkplug", "/app/backend.mjs"]
