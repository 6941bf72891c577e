FROM node:20-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends util-linux procps litecoind \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /davylamp
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY . .
ENTRYPOINT ["node", "bin/davy.js"]
CMD ["up"]
