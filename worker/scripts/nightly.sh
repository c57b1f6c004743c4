#!/bin/sh
# A backup every night at BACKUP_AT (TZ is the salon's), and one at once if the newest is older than a day.
set -eu

here=$(dirname "$0")
folder=${BACKUP_DIR:-/backups}
trap 'exit 0' TERM INT

make_backup() {
    sh "$here/backup.sh" || echo "BACKUP FAILED, the older ones are kept" >&2
}

if ! find "$folder" -maxdepth 1 -name '*.dump' -mmin -1440 2>/dev/null | grep -q .; then
    make_backup
fi
while :; do
    now=$(date +%s)
    next=$(date -d "today ${BACKUP_AT:-02:30}" +%s)
    [ "$next" -gt "$now" ] || next=$((next + 86400))
    echo "next backup at $(date -d "@$next" "+%Y-%m-%d %H:%M %Z")"
    # In the background, so that a signal is heard while it sleeps.
    sleep $((next - now)) &
    wait $!
    make_backup
done
