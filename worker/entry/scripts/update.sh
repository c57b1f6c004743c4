#!/bin/sh
# The new version in place of the running one, with an api that answers all the time: run it in the project's folder after `git pull`.
# Migrations come first, since the running version survives them. Then a new api and a new worker start beside the old
# ones, and only when they are healthy do the old ones leave, each after what it has under way.
set -eu

HEALTHY_SECONDS=${HEALTHY_SECONDS:-180}

wait_healthy() { # container
    left=$HEALTHY_SECONDS
    until [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 1
    done
}

replace() { # service, seconds the old one may take to end
    service=$1
    old=$(docker compose ps --quiet "$service")
    count=$(printf '%s\n' "$old" | grep -c .) || count=1
    docker compose up --detach --no-deps --no-recreate --scale "$service=$((count * 2))" "$service"
    for container in $(docker compose ps --quiet "$service"); do
        case $old in *"$container"*) continue ;; esac
        if ! wait_healthy "$container"; then
            echo "the new $service does not become healthy; the old one goes on. Its last words:" >&2
            docker logs --tail 30 "$container" >&2
            docker rm --force "$container" >/dev/null
            exit 1
        fi
    done
    for container in $old; do
        docker stop --time "$2" "$container" >/dev/null
        docker rm "$container" >/dev/null
    done
}

docker compose build
docker compose run --rm migrate
replace api 30
replace worker 120
docker compose up --detach --no-deps beat flower
# nginx keeps its port: what changed in its settings is read anew, and no webhook meets a closed door. A new image of it takes
# seconds without a door: docker compose up --detach --no-deps nginx, in a quiet minute.
docker compose up --detach --no-deps --no-recreate nginx
docker compose exec -T nginx sh -c 'sh /docker-entrypoint.d/20-envsubst-on-templates.sh && nginx -t -q -c /etc/nginx/templates/nginx.conf && nginx -s reload'
docker compose exec -T worker celery -A worker doctor
