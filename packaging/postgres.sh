#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL in a directory of its own, reached over a Unix socket there and by nobody else.
#   postgres.sh run COMMAND [ARG …]   starts one, runs the command with DATABASE_URL, ends it, however the command ends
#   postgres.sh start DIRECTORY       starts the one in DIRECTORY, made where it is missing; prints its DATABASE_URL
#   postgres.sh stop DIRECTORY [fast|immediate]
# As root it runs under a plain account: PostgreSQL refuses root.
set -eu

if [ -z "${POSTGRES_BIN:-}" ]; then
    for POSTGRES_BIN in /usr/lib/postgresql/*/bin; do :; done
fi
if [ ! -x "$POSTGRES_BIN/postgres" ]; then
    echo "PostgreSQL's server is missing. On Debian, as root: apt-get install -y postgresql" >&2
    exit 2
fi

as_account() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
        return
    fi
    account=postgres
    id "$account" >/dev/null 2>&1 || account=nobody
    (cd / && setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups --inh-caps=-all -- "$@")
}

start() { # DIRECTORY
    if [ ! -d "$1" ]; then
        mkdir -m 0700 "$1"
        [ "$(id -u)" -ne 0 ] || chown "$(as_account id -u)" "$1"
        as_account "$POSTGRES_BIN/initdb" --pgdata="$1/data" --username=projectionist --auth=trust --no-sync \
            --encoding=UTF8 --locale=C >"/dev/null"
        # It lives as long as a test: what a power cut would do to its disk does not matter, what a kill does, does.
        as_account tee -a "$1/data/postgresql.conf" >/dev/null <<-END
			listen_addresses = ''
			unix_socket_directories = '$1'
			fsync = off
			full_page_writes = off
			max_connections = 200
			shared_buffers = 32MB
		END
    fi
    as_account "$POSTGRES_BIN/pg_ctl" start --silent --wait --timeout=60 --pgdata="$1/data" --log="$1/log" >&2
    echo "postgres://projectionist@$(echo "$1" | sed 's|/|%2F|g')/postgres"
}

stop() { # DIRECTORY [MODE]
    as_account "$POSTGRES_BIN/pg_ctl" stop --silent --wait --timeout=60 --pgdata="$1/data" --mode="${2:-fast}" >&2
}

case ${1:-} in
    start) start "$2" ;;
    stop) stop "$2" "${3:-fast}" ;;
    run)
        shift
        top=$(mktemp -d "${TMPDIR:-/tmp}/postgres.XXXXXX")
        chmod 0711 "$top"
        trap 'stop "$top/server" immediate || :; rm -rf "$top"' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        DATABASE_URL=$(start "$top/server")
        export DATABASE_URL
        "$@"
        ;;
    *)
        sed -n '3,7s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
