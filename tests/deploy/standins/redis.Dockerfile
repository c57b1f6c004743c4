FROM localhost/debian:bookworm
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists
RUN install -d -o redis -g redis /data
WORKDIR /data
# The official image listens to the network without a password as well.
ENTRYPOINT ["sh", "-c", "exec \"$@\" --protected-mode no --bind 0.0.0.0", "--"]
