#!/usr/bin/env bash
# Makes sure that the named tools are there: `scripts/need.sh cargo cc`. As root on Debian, what is
# missing is installed; otherwise the message says what to install. Rust itself is never installed.
set -euo pipefail

packages=()
for tool in "$@"; do
    case "$tool" in
    cargo)
        if ! command -v cargo >/dev/null; then
            echo "error: there is no Rust toolchain: get one from https://rustup.rs" >&2
            exit 1
        fi
        ;;
    # SQLite and zstd are C, built with the rest.
    cc) command -v cc >/dev/null || packages+=(build-essential) ;;
    python3) python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3 python3-venv) ;;
    postgres) compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql) ;;
    redis) command -v redis-server >/dev/null || packages+=(redis-server) ;;
    faketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || packages+=(faketime) ;;
    *)
        echo "error: scripts/need.sh does not know '$tool'" >&2
        exit 2
        ;;
    esac
done

[ ${#packages[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "== install ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    install=(apt-get install -y -qq --no-install-recommends)
    if [[ " ${packages[*]} " == *" postgresql "* ]]; then
        # Else Debian starts a server of its own beside those that the tests start.
        "${install[@]}" postgresql-common </dev/null
        sed -i "s/^#\?create_main_cluster.*/create_main_cluster = false/" /etc/postgresql-common/createcluster.conf
    fi
    "${install[@]}" "${packages[@]}" </dev/null
else
    echo "error: missing ${packages[*]}: sudo apt-get install ${packages[*]}" >&2
    exit 1
fi
