# One image for every service: `serve abstraction`, `serve handler`, `serve control`, `backend`, `up`.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv /opt/vcp
# the dependencies first, so that a change of the code does not install them anew
COPY contracts/pyproject.toml contracts/pyproject.toml
COPY pyproject.toml README.md LICENSE ./
RUN python - <<'PY' > /tmp/requirements.txt
import tomllib
for path in ("pyproject.toml", "contracts/pyproject.toml"):
    for requirement in tomllib.load(open(path, "rb"))["project"]["dependencies"]:
        if not requirement.startswith("virtual-charge-point"):
            print(requirement)
PY
RUN /opt/vcp/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt
COPY contracts contracts
COPY services services
RUN /opt/vcp/bin/pip install --no-cache-dir --disable-pip-version-check ./contracts . \
    && find /opt/vcp -name '__pycache__' -prune -o -name 'tests' -type d -path '*/site-packages/*' -prune -exec rm -rf {} +

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="virtual-charge-point" \
      org.opencontainers.image.description="A charge point that is not there: control every OCPP message." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /var/lib/vcp --create-home vcp
COPY --from=build /opt/vcp /opt/vcp
ENV PATH=/opt/vcp/bin:$PATH PYTHONUNBUFFERED=1 VCP_KEYS=/var/lib/vcp/keys
USER vcp
WORKDIR /var/lib/vcp
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["vcp"]
CMD ["up"]
