#!/bin/sh
# One backup of the database into BACKUP_DIR, and rotation. Where the database is, libpq's variables say: PGHOST, PGUSER, PGDATABASE …
# Kept: the newest BACKUP_KEEP_DAYS, and the first of each month for BACKUP_KEEP_MONTHS. Counted by files, not by age: when
# backups stop working, the last good ones stay. Once a week the newest is restored into a database of its own (trial.sh).
# With BACKUP_AGE_RECIPIENT it is encrypted for that key of age, after it was checked. Told in the table `backups`.
set -eu
umask 077

here=$(dirname "$0")
folder=${BACKUP_DIR:-/backups}
days=${BACKUP_KEEP_DAYS:-14}
months=${BACKUP_KEEP_MONTHS:-3}
recipient=${BACKUP_AGE_RECIPIENT:-}
name="${PGDATABASE:?}-$(date -u +%Y-%m-%dT%H%M%SZ).dump"
partial="$folder/.$name.partial"
counts="$folder/.$name.counts.partial"

fail() { # why
    echo "$1" >&2
    exit 1
}

sql() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --tuples-only --no-align "$@"
}

drop_all_but() { # count, files from the newest to the oldest
    keep=$1
    shift
    [ "$#" -gt "$keep" ] || return 0
    shift "$keep"
    rm -f -- "$@"
}

newest_first() { # folder
    find "$1" -maxdepth 1 \( -name "$PGDATABASE-*.dump" -o -name "$PGDATABASE-*.dump.age" \) | sort -r
}

if [ -n "$recipient" ] && ! command -v age >/dev/null; then
    fail "BACKUP_AGE_RECIPIENT is set, and this container has no age to encrypt with: see 'Encrypt backups' in docs/runbook.md"
fi
mkdir -p "$folder/monthly"
find "$folder" -maxdepth 1 -name '.*.partial' -delete
trap 'rm -f "$partial" "$counts"' EXIT

# The rows are counted in the very snapshot that is dumped.
PARTIAL=$partial COUNTS=$counts sql <<'END' || fail "the database cannot be read"
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --snapshot="$SNAPSHOT" --format=custom --compress=6 --no-owner --no-privileges --lock-wait-timeout=60s --file="$PARTIAL" || rm -f "$PARTIAL"
\getenv counts COUNTS
\o :counts
SELECT format('SELECT %L, count(*) FROM %I', relname, relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname \gexec
COMMIT;
END
[ -s "$partial" ] || fail "pg_dump failed"
# A dump that cannot be read back is none, and neither is one of a database without our tables.
pg_restore --list "$partial" >"$counts.list" || fail "the dump cannot be read back"
for table in alembic_version webhook_records receipts; do
    grep -q " TABLE DATA public $table " "$counts.list" || {
        rm -f "$counts.list"
        fail "no backup: the database has no table $table yet. Are the migrations done?"
    }
done
rm -f "$counts.list"

trial=
if sh "$here/trial.sh" --is-due; then
    trial=$(sh "$here/trial.sh" "$partial" "$counts") && trial=${trial:-well} || trial=${trial:-failed}
fi
if [ -n "$recipient" ]; then
    age --encrypt --recipient "$recipient" --output "$partial.age.partial" "$partial" || fail "age failed"
    mv "$partial.age.partial" "$partial"
    name=$name.age
fi
sync "$partial"
mv "$partial" "$folder/$name"

month=$(date -u +%Y-%m)
if ! find "$folder/monthly" -name "$PGDATABASE-$month-*.dump*" | grep -q .; then
    ln "$folder/$name" "$folder/monthly/$name"
fi
# Names have no spaces: a database's name and a time.
# shellcheck disable=SC2046
drop_all_but "$days" $(newest_first "$folder")
# shellcheck disable=SC2046
drop_all_but "$months" $(newest_first "$folder/monthly")

size=$(($(wc -c <"$folder/$name")))
rows=$(awk -F'|' '{ printf "%s\"%s\": %s", (NR > 1 ? ", " : ""), $1, $2 }' "$counts")
sql --set name="$name" --set size="$size" --set rows="{$rows}" --set trial="$trial" <<'END' || echo "the backup is made, and not told in the database" >&2
INSERT INTO backups (name, bytes, rows, tried_at, trial)
VALUES (:'name', :size, :'rows', CASE WHEN :'trial' <> '' THEN now() END, nullif(nullif(:'trial', 'well'), ''));
END
echo "backup $folder/$name ($size bytes)${trial:+, restored on trial: $trial}"
