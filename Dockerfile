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
# HTML: a release passes its own section of the changelog (packaging/release-notes.ts --html).
ARG CHANGES="<p>Built from source. See <a href='https://github.com/tailnet-share/tailnet-share/blob/main/CHANGELOG.md'>what has changed</a>.</p>"
LABEL org.opencontainers.image.title="Tailnet Share" \
      org.opencontainers.image.description="One click and a running container is reachable from your tailnet, by name." \
      org.opencontainers.image.vendor="Tailnet Share" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/tailnet-share/tailnet-share" \
      org.opencontainers.image.version="${VERSION}" \
      com.docker.desktop.extension.api.version=">= 0.3.4" \
      com.docker.desktop.extension.icon="https://raw.githubusercontent.com/tailnet-share/tailnet-share/v${VERSION}/icon.svg" \
      com.docker.extension.screenshots="[{\"alt\":\"Running containers, each with a switch and, once shared, an address\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/v${VERSION}/docs/pictures/store/list.png\"},{\"alt\":\"Details of a share: Test connection has found each hop reachable\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/v${VERSION}/docs/pictures/store/path.png\"},{\"alt\":\"A shared container on a phone: the panel shows the address and a QR code\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/v${VERSION}/docs/pictures/store/phone.png\"},{\"alt\":\"A container as a tailnet machine of its own, with its own name and HTTPS\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/v${VERSION}/docs/pictures/store/machine.png\"},{\"alt\":\"The settings, each with its effect in one line\",\"url\":\"https://raw.githubusercontent.com/tailnet-share/tailnet-share/v${VERSION}/docs/pictures/store/settings.png\"}]" \
      com.docker.extension.detailed-description="<h3>What it does</h3><p>Every running container gets a switch. Turn it on, and your phone, another computer, a colleague or a CI machine in your Tailscale network (tailnet) reaches the container by name. Turn it off, and it is gone: open connections end at once.</p><h3>Who it is for</h3><p>Developers who want to try a web app on a real phone, show work to a colleague, or reach a database or a device service from elsewhere, without publishing ports, editing a Compose file or running a tunnel by hand.</p><h3>How it works</h3><ul><li>Log in to Tailscale, or to your own Headscale, by link, QR code or auth key.</li><li>Share TCP and UDP ports on the extension's own device, or give a container a name, HTTPS and, if you ask for it, a public address (Funnel) of its own.</li><li>Shares follow their container through restarts and docker compose up. No container of yours is edited, restarted or re-created.</li><li>Test connection follows the path from another device to the container and names the hop that fails.</li></ul><h3>What you need</h3><p>A Tailscale account (free for personal use) or a Headscale server, and Tailscale on the devices that open what you share.</p><h3>Privacy</h3><p>Connections are encrypted from device to device by WireGuard. The extension collects nothing.</p>" \
      com.docker.extension.publisher-url="https://github.com/tailnet-share/tailnet-share" \
      com.docker.extension.changelog="${CHANGES}" \
      com.docker.extension.account-info="required" \
      com.docker.extension.categories="networking,security" \
      com.docker.extension.additional-urls="[{\"title\":\"Documentation\",\"url\":\"https://github.com/tailnet-share/tailnet-share#readme\"},{\"title\":\"Report a problem\",\"url\":\"https://github.com/tailnet-share/tailnet-share/issues\"},{\"title\":\"Privacy\",\"url\":\"https://github.com/tailnet-share/tailnet-share/blob/v${VERSION}/docs/privacy.md\"},{\"title\":\"Terms\",\"url\":\"https://github.com/tailnet-share/tailnet-share/blob/v${VERSION}/LICENSE\"},{\"title\":\"Security\",\"url\":\"https://github.com/tailnet-share/tailnet-share/blob/v${VERSION}/SECURITY.md\"}]" \
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
