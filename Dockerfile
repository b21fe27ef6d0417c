# Forger in a container; docs/operating.md says what to set.
#   docker build -t forger .                          TORCH=cuda: with --build-arg TORCH=cuda, and --gpus all below
#   docker run -p 8501:8501 -e FORGER_PIN=1234 -v forger-runs:/runs -v forger-data:/data forger
ARG PYTHON=3.12
FROM python:${PYTHON}-slim
ARG TORCH=cpu
ENV GAN_DATA=/data GAN_RUNS=/runs PYTHONUNBUFFERED=1

WORKDIR /app
COPY . .
# Everything from the locks, with checksums, by root: whoever runs the app cannot change it.
RUN --mount=type=cache,target=/root/.cache/pip python bootstrap.py setup --torch ${TORCH} \
    && .venv/bin/python -m compileall -q gan pages tools ui

# The finished runs that come along, and the data set that is made here: a new volume begins with them.
RUN useradd --uid 1000 --create-home forger \
    && mkdir -p /data /runs && cp -r checkpoints/. /runs && chown -R forger:forger /runs /data
USER forger
VOLUME ["/data", "/runs"]

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD [".venv/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]
# SIGTERM saves what trains and ends with 0: give it ten seconds (docker stop does).
CMD ["python", "bootstrap.py", "class", "--port", "8501", "--server.headless", "true"]
