#!/bin/sh
# Starts Redis with one user, whose password is REDIS_PASSWORD: it may work with the queues and with keys of the service, and
# neither empty, read out, reconfigure nor stop the server. The default user, who needs no password, is off.
set -eu

: "${REDIS_PASSWORD:?has to be set}"
here=$(dirname "$0")
# Its hash alone is written, into a file that the server reads when it starts.
hash=$(printf %s "$REDIS_PASSWORD" | sha256sum | cut -d ' ' -f 1)
rules=$(mktemp)
printf 'user default off\nuser altegio_webkassa on #%s %s\n' "$hash" "$(cat "$here/redis-rules.txt")" >"$rules"
chmod 644 "$rules"
# Protected mode asks for a password of the default user, who is off.
set -- redis-server --aclfile "$rules" --protected-mode no "$@"
# The image's own way from root to its user.
if command -v docker-entrypoint.sh >/dev/null; then
    set -- docker-entrypoint.sh "$@"
fi
exec "$@"
