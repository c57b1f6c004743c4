#!/bin/sh
# A backup every night at BACKUP_AT (TZ is the salon's), and one at once if the newest is older than a day. One that fails is tried
# again after BACKUP_RETRY_SECONDS, then after twice as long each time, half an hour at most, until one is made.
set -eu

here=$(dirname "$0")
folder=${BACKUP_DIR:-/backups}
LONGEST_RETRY=1800
trap 'exit 0' TERM INT

pause() { # seconds; in the background, so that a signal is heard meanwhile
    sleep "$1" &
    wait $!
}

make_backup() {
    retry=${BACKUP_RETRY_SECONDS:-60}
    until sh "$here/backup.sh"; do
        echo "BACKUP FAILED, the older ones are kept; tried again in $retry s" >&2
        pause "$retry"
        retry=$((retry * 2))
        [ "$retry" -le "$LONGEST_RETRY" ] || retry=$LONGEST_RETRY
    done
}

if ! find "$folder" -maxdepth 1 -name '*.dump*' ! -name '.*' -mmin -1440 2>/dev/null | grep -q .; then
    make_backup
fi
while :; do
    now=$(date +%s)
    next=$(date -d "today ${BACKUP_AT:-02:30}" +%s)
    [ "$next" -gt "$now" ] || next=$((next + 86400))
    echo "next backup at $(date -d "@$next" "+%Y-%m-%d %H:%M %Z")"
    pause $((next - now))
    make_backup
done
