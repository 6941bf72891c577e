FROM node:20-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends util-linux litecoind \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /davylamp
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY . .
RUN node bin/build.js
# Whoever owns the folders of the stacks: what runs in here writes there, and must not be root.
ARG UID=1000
ARG GID=1000
RUN install -d -m 0700 -o "$UID" -g "$GID" /data
# A number alone has no home, which the ~ of a davy.json means.
ENV DAVY_DATA_DIR=/data HOME=/data
USER $UID:$GID
# Of an API: `davy worker` alone has no port, and its watchdog ends it where it hangs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "const { DAVY_BIND: host = '127.0.0.1', DAVY_PORT: port = 8420 } = process.env; fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/davy.js"]
CMD ["up"]
