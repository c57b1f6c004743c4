#!/bin/sh
# Points /etc/nginx/tls at Let's Encrypt's certificate, or at a self-signed one until the first is obtained:
# without any certificate nginx would not start, and without nginx no certificate can be obtained.
set -eu

tls=/etc/nginx/tls
live="/etc/letsencrypt/live/$SERVER_NAME"
mkdir -p "$tls"

if [ -s "$live/fullchain.pem" ] && [ -s "$live/privkey.pem" ]; then
    ln -sf "$live/fullchain.pem" "$tls/fullchain.pem"
    ln -sf "$live/privkey.pem" "$tls/privkey.pem"
    exit 0
fi

if ! command -v openssl >/dev/null; then
    echo "no certificate for $SERVER_NAME and no openssl to make a temporary one" >&2
    exit 1
fi
echo "no certificate for $SERVER_NAME yet: using a self-signed one, which Altegio will refuse" >&2
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj "/CN=$SERVER_NAME" -addext "subjectAltName=DNS:$SERVER_NAME" -keyout "$tls/privkey.pem" -out "$tls/fullchain.pem" 2>/dev/null
