#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes or brings up to date the virtual environment .venv; $1 is the stamp to leave when all is well.
set -eu
cd "$(dirname "$0")/.."
stamp=$1
python=${PYTHON:-python3.11}

if ! command -v "$python" >/dev/null 2>&1; then
    echo "$python is missing. On Debian 12, as root: apt-get install -y python3.11 python3.11-venv" >&2
    echo "(or name another Python 3.11: make setup PYTHON=/path/to/python3.11)" >&2
    exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python has no venv module. On Debian 12, as root: apt-get install -y python3.11-venv" >&2
    exit 2
fi

# Two makes at once wait for each other instead of installing over each other.
exec 9<.
if command -v flock >/dev/null 2>&1; then flock 9; fi
[ -e "$stamp" ] && exit 0

export PIP_DISABLE_PIP_VERSION_CHECK=1
if ! .venv/bin/python -c '' 2>/dev/null; then
    echo "1/3 Making the virtual environment .venv"
    "$python" -m venv --clear .venv
else
    echo "1/3 Bringing the virtual environment .venv up to date"
fi
echo "2/3 Installing the pinned packages, each checked against its hash (half a minute or so)"
.venv/bin/python -m pip install --quiet --require-hashes -r requirements/build.txt
.venv/bin/python -m pip install --quiet --require-hashes --no-build-isolation -r requirements/dev.txt
echo "3/3 Installing projectionist from this directory"
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .

rm -f .venv/.set-up-*
: >"$stamp"
