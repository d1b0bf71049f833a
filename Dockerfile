# One image for every process: `up` (everything in one container), `serve abstraction|handler|chores|control`, `backend`.
# Builds with the classic builder and with BuildKit; the base may be any image with Python 3.11+ and pip.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN pip install --quiet "hatchling>=1.27" && python -m venv --without-pip /opt/vcp
# The dependencies come first and alone, so that a change of the code does not install them anew.
COPY pyproject.toml ./
COPY contracts/pyproject.toml contracts/
RUN python -c "import tomllib; [print(need) for file in ('contracts/pyproject.toml', 'pyproject.toml') for need in tomllib.load(open(file, 'rb'))['project']['dependencies'] if not need.startswith('virtual-charge-point')]" > /tmp/needs.txt \
    && pip --python /opt/vcp/bin/python install --quiet -r /tmp/needs.txt
COPY README.md LICENSE ./
COPY contracts contracts
COPY services services
RUN pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheels ./contracts . \
    && pip --python /opt/vcp/bin/python install --quiet --no-deps /tmp/wheels/*.whl

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="virtual-charge-point" \
      org.opencontainers.image.description="A charge point that is not there: connect it to an EV charging backend, touch it, control every OCPP message." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The directory of keys is made here so that a volume mounted on it belongs to the service's user.
RUN groupadd --system --gid 10001 vcp \
    && useradd --system --uid 10001 --gid vcp --home-dir /var/lib/vcp --create-home --shell /usr/sbin/nologin vcp \
    && install -d -m 0700 -o vcp -g vcp /var/lib/vcp/keys
COPY --from=build /opt/vcp /opt/vcp
# Every service tells its health on 8080, so that one check serves them all. The API is open to whoever reaches the
# container, as nobody does until its port is published; with VCP_API_TOKEN it asks for that.
ENV PATH=/opt/vcp/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VCP_KEYS=/var/lib/vcp/keys \
    VCP_API_HOST=0.0.0.0 \
    VCP_API_PORT=8080 \
    VCP_API_OPEN=1 \
    VCP_HEALTH_HOST=127.0.0.1 \
    VCP_HEALTH_PORT=8080
USER vcp
WORKDIR /var/lib/vcp
EXPOSE 8080
STOPSIGNAL SIGTERM
# A bare socket: the cheapest client, as this starts an interpreter at every check.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-I", "-S", "-c", "import socket, sys; s = socket.create_connection(('127.0.0.1', 8080), 2); s.sendall(b'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n'); sys.exit(b' 200 ' not in s.recv(32))"]
ENTRYPOINT ["vcp"]
CMD ["up", "--api-host", "0.0.0.0", "--api-port", "8080"]
