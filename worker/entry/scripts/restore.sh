#!/bin/sh
# restore.sh FILE: the database becomes what it was in the backup. Stop api, worker and beat before.
# One that ends in .age needs the private key: BACKUP_AGE_IDENTITY names its file. Run the migrations afterwards, which give the
# service's role its rights again.
# It is built beside the present one, and only a complete one takes its name; the present one is kept under another name.
set -eu

file=${1:?usage: restore.sh FILE}
[ -r "$file" ] || {
    echo "no such backup: $file" >&2
    exit 2
}
stamp=$(date -u +%Y%m%d%H%M%S)
present=${PGDATABASE:?}
fresh="${present}_restoring_$stamp"
kept="${present}_before_$stamp"

run() { # SQL in another database, since one cannot rename the one it is in
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres --command "$1"
}

plain=$file
case $file in
*.age)
    plain=$(mktemp "$(dirname "$file")/.restoring.XXXXXX.partial")
    trap 'rm -f "$plain"' EXIT
    age --decrypt --identity "${BACKUP_AGE_IDENTITY:?names the file with the private key of age}" "$file" >"$plain"
    ;;
esac

forget() {
    [ "$plain" = "$file" ] || rm -f "$plain"
}

run "CREATE DATABASE \"$fresh\" TEMPLATE template0"
trap 'forget; run "DROP DATABASE IF EXISTS \"$fresh\""' EXIT
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname "$fresh" "$plain"

# Somebody who was not stopped may connect between the two: tried until nobody does.
set_aside() {
    run "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$present' AND pid <> pg_backend_pid()" >/dev/null
    run "ALTER DATABASE \"$present\" RENAME TO \"$kept\""
}
tries=1
until set_aside; do
    [ "$tries" -lt 10 ] || exit 1
    tries=$((tries + 1))
done
trap forget EXIT
run "ALTER DATABASE \"$fresh\" RENAME TO \"$present\""

echo "restored $file. The database of before is kept as $kept; when it is not needed any more:"
echo "  dropdb $kept"
