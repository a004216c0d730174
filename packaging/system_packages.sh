#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tests on real parts need sshd, ssh, busybox, udevadm, namespaces, a clock that can be set, a browser, and for
# our kernel modules a compiler, sparse, Debian's kernel headers and QEMU, for the WordPress plugin PHP and a MariaDB;
# all else needs Python's venv.
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
need chromium chromium
need qemu-system-x86_64 qemu-system-x86
[ -e /usr/share/OVMF/OVMF_VARS_4M.fd ] || missing="$missing ovmf"
need mke2fs e2fsprogs
need depmod kmod
need cpio cpio
need gcc gcc
need sparse sparse
[ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
need make make
need dash dash
need php php8.2-cli
for each in curl mbstring mysqli xml; do
    php -m 2>/dev/null | grep -qx "$each" || missing="$missing php8.2-$(echo "$each" | sed s/mysqli/mysql/)"
done
need mariadbd mariadb-server-core
need my_print_defaults mariadb-client-core
need phpunit phpunit
need phpcs php-codesniffer
need xgettext gettext
need esbuild esbuild
need flock util-linux
# The kernel of these headers is fetched beside them, never installed: this machine's own boot stays as it is.
dpkg-query -W -f '${db:Status-Status}\n' linux-headers-amd64 2>/dev/null | grep -qx installed ||
    missing="$missing linux-headers-amd64"
[ -x "$(echo /usr/lib/postgresql/*/bin/postgres)" ] || missing="$missing postgresql"
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
