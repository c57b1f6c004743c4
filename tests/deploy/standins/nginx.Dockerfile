# Of the newest Debian: `resolve` in an upstream needs nginx 1.27.3.
FROM localhost/debian:sid
# A mirror may be behind: the release is not as fresh as it says it would be.
RUN apt-get -o Acquire::Check-Valid-Until=false update -qq \
    && apt-get install -qq -y --no-install-recommends nginx openssl curl gettext-base \
    && rm -rf /var/lib/apt/lists && useradd --system nginx
# Only `nginx -s reload` reads it, to learn where the number of the process stands.
RUN echo 'pid /run/nginx.pid; events {}' >/etc/nginx/nginx.conf
COPY nginx-entrypoint.sh /entrypoint.sh
COPY nginx-envsubst.sh /docker-entrypoint.d/20-envsubst-on-templates.sh
ENTRYPOINT ["sh", "/entrypoint.sh"]
