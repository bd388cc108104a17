# logscrub as a container, with the compiled core:
#
#   docker build -t logscrub .                                                     scrub and verify
#   docker build -t logscrub --build-arg LOCK=runtime --build-arg EXTRAS=[all] .   everything
#   docker run --rm -i --network none logscrub scrub < app.log > clean.log
#   docker run --rm --network none -v "$PWD:/data" -u "$(id -u):$(id -g)" logscrub verify clean/
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
ARG LOCK=scrub
ARG EXTRAS=
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cargo gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements requirements
RUN python -m venv /opt/logscrub \
    && /opt/logscrub/bin/python -m pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/${LOCK}.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY core core
COPY detectors detectors
COPY logscrub logscrub
RUN LOGSCRUB_CORE=require /opt/logscrub/bin/python -m pip install --no-cache-dir --no-deps ".${EXTRAS}" \
    && /opt/logscrub/bin/logscrub --version

FROM python:${PYTHON}
COPY --from=build /opt/logscrub /opt/logscrub
ENV PATH=/opt/logscrub/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system --create-home --uid 10001 logscrub
USER 10001
WORKDIR /data
ENTRYPOINT ["logscrub"]
CMD ["--help"]
