# The controller: docker build -f deploy/controller.Dockerfile -t revtr-controller .
ARG NODE=node:24-bookworm-slim
ARG DEBIAN=debian:bookworm-slim

FROM ${NODE} AS web
WORKDIR /opt/revtr
COPY package.json package-lock.json tsconfig.json .npmrc ./
COPY packages/client/package.json packages/client/
COPY packages/web/package.json packages/web/
RUN npm ci --omit=dev --ignore-scripts --workspace=@revtr/web
COPY docs docs
COPY packages/client/src packages/client/src
COPY packages/web packages/web
RUN node packages/web/build/main.ts

FROM ${NODE} AS build
RUN cp "$(command -v node)" /node
WORKDIR /opt/revtr
COPY package.json package-lock.json .npmrc ./
COPY packages/bus/package.json packages/bus/
COPY packages/client/package.json packages/client/
COPY packages/controller/package.json packages/controller/
COPY packages/datasets/package.json packages/datasets/
COPY packages/engine/package.json packages/engine/
COPY packages/link/package.json packages/link/
COPY packages/net/package.json packages/net/
COPY packages/probing/package.json packages/probing/
COPY packages/ripe-atlas/package.json packages/ripe-atlas/
COPY packages/scamper/package.json packages/scamper/
COPY packages/storage/package.json packages/storage/
COPY packages/tracing/package.json packages/tracing/
RUN npm ci --omit=dev --ignore-scripts --workspace=@revtr/controller
COPY packages/bus/src packages/bus/src
COPY packages/client/src packages/client/src
COPY packages/controller/src packages/controller/src
COPY packages/datasets/src packages/datasets/src
COPY packages/engine/src packages/engine/src
COPY packages/link/src packages/link/src
COPY packages/net/src packages/net/src
COPY packages/probing/src packages/probing/src
COPY packages/ripe-atlas/src packages/ripe-atlas/src
COPY packages/scamper/src packages/scamper/src
COPY packages/storage/src packages/storage/src
COPY packages/tracing/src packages/tracing/src
COPY --from=web /opt/revtr/packages/web/dist packages/web/dist
# The image does not depend on the permissions of the clone.
RUN chmod -R u=rwX,go=rX /opt/revtr

FROM ${DEBIAN}
# Time of the sources, seconds since 1970: useradd notes it instead of the current day.
ARG SOURCE_DATE_EPOCH
# Volumes that are mounted on the directories take their owner. Kubernetes needs the number of the user.
RUN useradd --system --uid 999 --create-home --home-dir /var/lib/revtr --shell /usr/sbin/nologin revtr \
 && install --directory --owner revtr --group revtr --mode 0700 \
    /var/lib/revtr/archive /var/lib/revtr/audit /var/lib/revtr/authority /var/lib/revtr/datasets
COPY --from=build /node /usr/local/bin/node
COPY --from=build /opt/revtr /opt/revtr
ENV REVTR_HOST=0.0.0.0 \
    REVTR_DATABASE=/var/lib/revtr/data \
    REVTR_AUTHORITY=/var/lib/revtr/authority \
    REVTR_AUDIT_DIRECTORY=/var/lib/revtr/audit \
    REVTR_DATASETS=/var/lib/revtr/datasets
USER revtr
VOLUME /var/lib/revtr
EXPOSE 8080 4380 9999
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=32", "/opt/revtr/packages/controller/src/main.ts"]
