FROM localhost/debian:bookworm
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends python3 python3-venv python3-pip ca-certificates \
    && ln -s python3 /usr/bin/python && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED && rm -rf /var/lib/apt/lists
