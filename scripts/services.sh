#!/usr/bin/env bash
# Real services for tests: PostgreSQL and Redis (Debian's) and moto_server (S3), on free ports of 127.0.0.1.
#
#   scripts/services.sh start      starts them; `. target/services/env` tells where they are
#   scripts/services.sh stop       stops them and removes what they kept
#   scripts/services.sh run CMD    starts its own, runs CMD with that environment, always stops them
#
# PostgreSQL refuses to run as root: then it runs as `postgres`, the user of Debian's package.
set -euo pipefail
cd "$(dirname "$0")/.."

folder="${CARGO_TARGET_DIR:-target}/services"

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then (cd / && exec runuser -u postgres -- "$@"); else "$@"; fi
}

# Where PostgreSQL keeps its files: beside ours, or under /tmp when its user cannot come in there or
# the path of its socket would be longer than the 107 bytes that the system allows.
make_data() {
    data="$folder/postgres"
    mkdir -p "$data"
    if [ "$(id -u)" -eq 0 ] && [ ${#data} -lt 80 ]; then chown postgres "$data"; fi
    if [ ${#data} -ge 80 ] || ! as_owner test -w "$data"; then
        data="$(mktemp -d "/tmp/trimtab-postgres.XXXXXX")"
        if [ "$(id -u)" -eq 0 ]; then chown postgres "$data"; fi
    fi
    echo "$data" >"$folder/data"
}

# An authority of our own, and a certificate for 127.0.0.1 that it signed. The key is PostgreSQL's alone.
make_certificates() {
    "$python" - "$folder/root.pem" "$folder/server.pem" "$folder/server.key" <<'PYTHON'
import datetime, ipaddress, os, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

now = datetime.datetime.now(datetime.timezone.utc)

def certificate(name, key, issuer, signing_key, *extensions):
    named = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    builder = x509.CertificateBuilder(named(issuer), named(name), key.public_key(),
                                      x509.random_serial_number(), now, now + datetime.timedelta(days=2))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signing_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
root = certificate("authority", authority, "authority", authority, x509.BasicConstraints(True, None))
address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
leaf = certificate("server", server, "authority", authority, x509.BasicConstraints(False, None), address)
key = server.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                           serialization.NoEncryption())
for path, text in zip(sys.argv[1:], (root, leaf, key)):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
PYTHON
    as_owner tee "$1/server.pem" <"$folder/server.pem" >/dev/null
    (umask 077 && as_owner tee "$1/server.key" <"$folder/server.key" >/dev/null)
    rm "$folder/server.key"
}

start_postgres() {
    local bin password port
    bin="$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -1)"
    echo "$bin" >"$folder/bin"
    password="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
    port="$(free_port)"
    make_data
    echo "$password" | as_owner tee "$data/password" >/dev/null
    as_owner "$bin/initdb" --pgdata="$data/cluster" --username=trimtab --pwfile="$data/password" \
        --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$folder/initdb.log"
    make_certificates "$data"
    as_owner "$bin/pg_ctl" --pgdata="$data/cluster" --log="$data/log" --wait --silent \
        --options="-c listen_addresses=127.0.0.1 -p $port -c fsync=on -c ssl=on -c ssl_cert_file='$data/server.pem' -c ssl_key_file='$data/server.key' -c unix_socket_directories='$data' -c max_connections=200" \
        start >/dev/null
    as_owner "$bin/createdb" --host="$data" --port="$port" --username=trimtab trimtab
    postgres_url="postgres://trimtab:$password@127.0.0.1:$port/trimtab"
}

start_s3() {
    local port
    port="$(free_port)"
    s3_endpoint="http://127.0.0.1:$port"
    "$(dirname "$python")/moto_server" --host 127.0.0.1 --port "$port" </dev/null >"$folder/moto.log" 2>&1 &
    echo $! >"$folder/moto.pid"
    "$python" - "$s3_endpoint" <<'PYTHON'
import sys, time, boto3, botocore.exceptions
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1",
                  aws_access_key_id="trimtab", aws_secret_access_key="trimtab-secret")
for attempt in range(150):
    try:
        s3.create_bucket(Bucket="trimtab-test")
        sys.exit()
    except botocore.exceptions.EndpointConnectionError:
        time.sleep(0.2)
sys.exit("error: moto_server does not answer")
PYTHON
}

start_redis() {
    local password port
    password="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
    port="$(free_port)"
    redis_url="redis://:$password@127.0.0.1:$port"
    # The password comes on standard input: arguments are there for all to see.
    redis-server - >"$folder/redis.log" 2>&1 <<REDIS &
bind 127.0.0.1
port $port
requirepass $password
save ""
dir $folder
REDIS
    echo $! >"$folder/redis.pid"
    for _ in $(seq 100); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "error: redis-server does not answer: $(tail -3 "$folder/redis.log")" >&2
    return 1
}

start() {
    python="$(scripts/mlflow_venv.sh)"
    scripts/need.sh postgres redis >&2
    mkdir -p "$folder"
    folder="$(cd "$folder" && pwd)"
    start_postgres
    start_s3
    start_redis
    cat >"$folder/env" <<ENV
export TRIMTAB_TEST_POSTGRES='$postgres_url'
export TRIMTAB_TEST_POSTGRES_ROOT='$folder/root.pem'
export TRIMTAB_TEST_REDIS='$redis_url'
export TRIMTAB_TEST_S3_ENDPOINT='$s3_endpoint'
export TRIMTAB_TEST_S3_BUCKET='trimtab-test'
export AWS_ENDPOINT_URL='$s3_endpoint'
export AWS_ALLOW_HTTP='true'
export AWS_ACCESS_KEY_ID='trimtab'
export AWS_SECRET_ACCESS_KEY='trimtab-secret'
export AWS_REGION='us-east-1'
export AWS_DEFAULT_REGION='us-east-1'
ENV
}

# Ends what was started as NAME, if the process is still that program.
stop_one() {
    local pid
    pid="$(cat "$folder/$1.pid" 2>/dev/null || true)"
    if [ -n "$pid" ] && grep -q "$2" "/proc/$pid/cmdline" 2>/dev/null; then
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    fi
}

# Also after a start that failed half way: each step looks for what is there.
stop() {
    [ -d "$folder" ] || return 0
    local data
    if [ -f "$folder/data" ]; then
        data="$(cat "$folder/data")"
        if [ -f "$data/cluster/postmaster.pid" ]; then
            as_owner "$(cat "$folder/bin")/pg_ctl" --pgdata="$data/cluster" --mode=immediate --silent --wait stop || true
        fi
        rm -rf "$data"
    fi
    stop_one moto moto_server
    stop_one redis redis-server
    rm -rf "$folder"
}

run() {
    local child status=0
    folder="$folder-$$"
    trap stop EXIT
    trap 'exit 143' HUP INT TERM
    start
    . "$folder/env"
    "$@" <&0 &
    child=$!
    trap 'kill "$child" 2>/dev/null' HUP INT TERM
    # A signal ends the wait, not the child: wait until it has gone.
    wait "$child" || status=$?
    while kill -0 "$child" 2>/dev/null; do wait "$child" || status=$?; done
    exit "$status"
}

case "${1:-}" in
start)
    stop
    trap stop EXIT
    start
    trap - EXIT
    echo "$folder/env"
    ;;
stop) stop ;;
run)
    shift
    [ $# -gt 0 ] || { echo "error: run what?" >&2; exit 2; }
    run "$@"
    ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
