#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tests on real parts need sshd, ssh, busybox, udevadm, namespaces and a clock that can be set; everything needs
# Python's venv.
# Installs what is missing when it may.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || case " $missing " in
        *" $2 "*) ;;
        *) missing="$missing $2" ;;
    esac
}
need sshd openssh-server
need ssh openssh-client
need ssh-keygen openssh-client
need busybox busybox-static
need udevadm udev
need ip iproute2
need nft nftables
need faketime faketime
python=${PYTHON:-python3.11}
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3.11-venv"

[ -z "$missing" ] && exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
    echo "Missing:$missing. Run as root: apt-get update && $install" >&2
    echo "(Only the tests on real parts need them; make demo and make check need no more than python3.11-venv.)" >&2
    exit 2
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing (Debian's names). There is no apt-get here: install them your system's way." >&2
    exit 2
fi
echo "Installing what is missing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
$install
