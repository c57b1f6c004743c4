FROM localhost/debian:bookworm
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql tzdata && rm -rf /var/lib/apt/lists \
    && install -d -o postgres /var/lib/postgresql/data /run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
COPY postgres-entrypoint.sh /entrypoint.sh
ENTRYPOINT ["sh", "/entrypoint.sh"]
CMD ["postgres"]
