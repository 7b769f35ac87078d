# Two stages: the page is built with everything installed, the server runs with what it needs.
FROM node:24-bookworm-slim AS build
WORKDIR /utsuru
COPY package.json package-lock.json .npmrc ./
COPY core/package.json core/
COPY server/package.json server/
COPY web/package.json web/
COPY bench/package.json bench/
RUN npm ci
COPY . .
RUN npm run build:web && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production UTSURU_HOST=0.0.0.0 UTSURU_DATA=/data
RUN install -d -o node -g node -m 0700 /data
COPY --from=build /utsuru/node_modules /utsuru/node_modules
COPY --from=build /utsuru/package.json /utsuru/
COPY --from=build /utsuru/core /utsuru/core
COPY --from=build /utsuru/server /utsuru/server
COPY --from=build /utsuru/web/dist /utsuru/web/dist
USER node
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.UTSURU_PORT ?? 8080) + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "/utsuru/server/src/main.ts", "serve"]
