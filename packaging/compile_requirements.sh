#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes requirements/*.txt from pyproject.toml, with hashes and without the name of any registry.
# Arguments go to pip-compile: --upgrade, or --upgrade-package NAME.
set -eu
cd "$(dirname "$0")/.."

compile() {
    "${PIP_COMPILE:-.venv/bin/pip-compile}" --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options "$@"
}

compile "$@" -o requirements/base.txt pyproject.toml
compile "$@" --extra dev -c requirements/base.txt -o requirements/dev.txt pyproject.toml
compile "$@" --extra bench -c requirements/dev.txt -o requirements/bench.txt pyproject.toml
compile "$@" --extra dev --extra mutate -c requirements/dev.txt -o requirements/mutate.txt pyproject.toml
compile "$@" -c requirements/dev.txt -o requirements/build.txt requirements/build.in

if grep -nE '://|^ *-' requirements/*.txt | grep -v -- '--hash=sha256:'; then
    echo "requirements/: the lines above name a place; they must not." >&2
    exit 1
fi
