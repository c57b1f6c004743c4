# What of the official entrypoint the compose file relies on: scripts in their order, then what compose says.
set -eu
for script in /docker-entrypoint.d/*.sh; do sh "$script"; done
exec "$@"
