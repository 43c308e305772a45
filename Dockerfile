# syntax=docker/dockerfile:1
# The server in one image: `docker build -t parley .`; with `--target tools`, the command line with pg_dump and pg_restore.
ARG BASE=node:24-trixie-slim

FROM ${BASE} AS console
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client-sdk/package.json client-sdk/
COPY web/package.json web/
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY src src
COPY client-sdk client-sdk
COPY web web
RUN cd web && npx vite build --logLevel warn

FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client-sdk/package.json client-sdk/
COPY web/package.json web/
RUN npm ci --omit=dev --workspaces=false --no-audit --no-fund --loglevel=error

FROM ${BASE} AS server
# Behind a published port every address of the container listens; HOST=0.0.0.0 asks for a way to sign in.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data LOG_FORMAT=json
WORKDIR /app
RUN install -d -o node -g node -m 0700 /data
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY migrations migrations
COPY src src
COPY --from=console /app/web/dist web/dist
USER node
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]

FROM server AS tools
USER root
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client \
  && rm -rf /var/lib/apt/lists/*
USER node
HEALTHCHECK NONE
ENTRYPOINT ["node", "src/cli.ts"]
CMD ["help"]

# What a build without --target gives.
FROM server
