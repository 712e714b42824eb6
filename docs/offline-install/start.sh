#!/bin/sh
# Installs geo_ems into this folder the first time (no network), then serves the map on this machine.
set -eu
cd "$(dirname "$0")"
python=""
for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python="$name"
        break
    fi
done
if [ -z "$python" ]; then
    echo "需要 Python 3.11 或更新版本。 Python 3.11 or newer is needed."
    exit 1
fi
if [ ! -x program/bin/geo-ems ]; then
    "$python" -m venv program
    program/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels \
        --require-hashes --no-deps -r requirements.txt
    program/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps wheels/geo_ems-*.whl
fi
if [ "${1:-}" = "demo" ]; then
    exec program/bin/geo-ems demo --out demo
fi
[ -f my-county/geo-ems.toml ] || program/bin/geo-ems init my-county
cd my-county
exec ../program/bin/geo-ems serve
