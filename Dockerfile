# One image for the server and the worker: hash-locked, without build tools, not root.

FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/lictor
COPY requirements.lock ./
RUN /opt/lictor/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY policies policies
COPY governance governance
COPY reports reports
COPY api api
COPY --from=assets /build/node_modules node_modules
RUN /opt/lictor/bin/python -m api.console.assets \
 && /opt/lictor/bin/pip install --no-deps --no-build-isolation . \
 && /opt/lictor/bin/pip uninstall --yes --quiet setuptools \
 && /opt/lictor/bin/python -m compileall -q /opt/lictor/lib

FROM python:3.11-slim
LABEL org.opencontainers.image.title="Lictor" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin lictor \
 && install -d -o lictor -g lictor -m 0700 /data
COPY --from=build /opt/lictor /opt/lictor
ENV PATH=/opt/lictor/bin:$PATH PYTHONUNBUFFERED=1 LICTOR_DATA_DIR=/data LICTOR_HOST=0.0.0.0 LICTOR_LOG_FORMAT=json
USER lictor
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["lictor", "serve"]
