#!/bin/sh
# trial.sh DUMP COUNTS: restores the dump into a database of its own, compares the rows of each table with the counts
# (table|rows), and drops it. Prints what is wrong, nothing where all is there. trial.sh --is-due: was none made for a week?
set -eu

sql() { # database, words of psql
    database=$1
    shift
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --tuples-only --no-align --dbname "$database" "$@"
}

if [ "$1" = --is-due ]; then
    # An hour less than a week: a night that began a little earlier is a night later otherwise.
    due="SELECT coalesce(max(tried_at) < now() - interval '7 days' + interval '1 hour', true) FROM backups"
    [ "$(sql "$PGDATABASE" --command "$due" 2>/dev/null)" = t ]
    exit
fi

dump=$1
counts=$2
scratch="${PGDATABASE:?}_trial"
found="$counts.found.partial"

drop() {
    sql postgres --command "DROP DATABASE IF EXISTS \"$scratch\" WITH (FORCE)" 2>/dev/null
}

give_up() { # why
    echo "$1"
    exit 1
}

drop || give_up "the server does not let databases be dropped"
trap 'drop; rm -f "$found"' EXIT
sql postgres --command "CREATE DATABASE \"$scratch\" TEMPLATE template0" || give_up "no database could be made for it"
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname "$scratch" "$dump" ||
    give_up "it cannot be restored"
FOUND=$found sql "$scratch" <<'END' || give_up "its tables cannot be read"
\getenv found FOUND
\o :found
SELECT format('SELECT %L, count(*) FROM %I', relname, relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname \gexec
END
different=$(diff "$counts" "$found" | sed -n 's/^[<>] \([^|]*\)|.*/\1/p' | sort -u | tr '\n' ' ')
[ -z "$different" ] || give_up "not all rows came back: $different"
