#!/bin/sh
# One backup of the database into BACKUP_DIR, and rotation. Where the database is, libpq's variables say: PGHOST, PGUSER, PGDATABASE …
# Kept: the newest BACKUP_KEEP_DAYS, and the first of each month for BACKUP_KEEP_MONTHS. Counted by files, not by age: when
# backups stop working, the last good ones stay.
set -eu
umask 077

folder=${BACKUP_DIR:-/backups}
days=${BACKUP_KEEP_DAYS:-14}
months=${BACKUP_KEEP_MONTHS:-12}
name="${PGDATABASE:?}-$(date -u +%Y-%m-%dT%H%M%SZ).dump"
partial="$folder/.$name.partial"

drop_all_but() { # count, files from the newest to the oldest
    keep=$1
    shift
    [ "$#" -gt "$keep" ] || return 0
    shift "$keep"
    rm -f -- "$@"
}

newest_first() { # folder
    find "$1" -maxdepth 1 -name "$PGDATABASE-*.dump" | sort -r
}

mkdir -p "$folder/monthly"
find "$folder" -maxdepth 1 -name '.*.partial' -delete
trap 'rm -f "$partial"' EXIT

pg_dump --format=custom --compress=6 --no-owner --no-privileges --lock-wait-timeout=60s --file="$partial"
# A dump that cannot be read back is none.
pg_restore --list "$partial" >/dev/null
sync "$partial"
mv "$partial" "$folder/$name"

month=$(date -u +%Y-%m)
if ! find "$folder/monthly" -name "$PGDATABASE-$month-*.dump" | grep -q .; then
    ln "$folder/$name" "$folder/monthly/$name"
fi
# Names have no spaces: a database's name and a time.
# shellcheck disable=SC2046
drop_all_but "$days" $(newest_first "$folder")
# shellcheck disable=SC2046
drop_all_but "$months" $(newest_first "$folder/monthly")

echo "backup $folder/$name ($(wc -c <"$folder/$name") bytes)"
