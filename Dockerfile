# The agent of a source or vantage point: docker build -t <tag> . with the controller's root.crt beside this file.
ARG NODE=node:24-bookworm-slim
ARG DEBIAN=debian:bookworm-slim

FROM ${NODE} AS build
# Raw sockets without root: node by a file capability, scamper because Debian makes it setuid and it drops its rights at once.
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin \
 && cp "$(command -v node)" /node && setcap cap_net_raw+ep /node
WORKDIR /opt/revtr
COPY package.json package-lock.json .npmrc ./
COPY packages/agent/package.json packages/agent/
COPY packages/link/package.json packages/link/
COPY packages/linux/package.json packages/linux/
COPY packages/net/package.json packages/net/
COPY packages/probing/package.json packages/probing/
COPY packages/scamper/package.json packages/scamper/
COPY packages/tracing/package.json packages/tracing/
RUN npm ci --omit=dev --ignore-scripts --workspace=@revtr/agent
COPY packages/agent/src packages/agent/src
COPY packages/link/src packages/link/src
COPY packages/linux/src packages/linux/src
COPY packages/net/src packages/net/src
COPY packages/probing/src packages/probing/src
COPY packages/scamper/src packages/scamper/src
COPY packages/tracing/src packages/tracing/src
# The certificate may also be mounted when the container is run.
COPY plvp.config root.cr[t] /configuration/
# The image does not depend on the permissions of the clone.
RUN chmod -R u=rwX,go=rX /opt/revtr /configuration

FROM ${DEBIAN}
# Time of the sources, seconds since 1970: useradd notes it instead of the current day.
ARG SOURCE_DATE_EPOCH
RUN apt-get update && apt-get install -y --no-install-recommends scamper \
 && rm -rf /var/lib/apt/lists/* && find /var/cache /var/log -type f -delete \
 && useradd --system --create-home --home-dir /var/lib/revtr --shell /usr/sbin/nologin revtr
COPY --from=build /node /usr/local/bin/node
COPY --from=build /opt/revtr /opt/revtr
COPY --from=build /configuration /
USER revtr
VOLUME /var/lib/revtr
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:55557/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/revtr/packages/agent/src/main.ts"]
CMD ["/root.crt", "/plvp.config"]
