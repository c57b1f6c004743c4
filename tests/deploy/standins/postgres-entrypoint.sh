# What of the official entrypoint the compose file relies on: a database made at the first start, as the user compose names.
set -eu
[ "$1" = postgres ] || exec "$@"
shift
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf '%s' "$POSTGRES_PASSWORD" >/tmp/password
    initdb -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=/tmp/password -E UTF8 --locale=C.UTF-8 -D "$PGDATA" >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -D "$PGDATA" -o "-c listen_addresses=" start >/dev/null
    PGPASSWORD="$POSTGRES_PASSWORD" createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl -w -D "$PGDATA" -m fast stop >/dev/null
fi
exec postgres -D "$PGDATA" -c 'listen_addresses=*' "$@"
