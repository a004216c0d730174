# SPDX-License-Identifier: Apache-2.0
# The first part of every guest's boot: what a machine is before it is a server. A failure ends the guest, loudly.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mount -t devtmpfs dev /dev # an initramfs has no console of its own
exec </dev/console >/dev/console 2>&1
set -eu
trap '[ $? -eq 0 ] || { echo "boot.sh failed"; sync; poweroff -f; }' EXIT

mkdir -p /proc /sys /run /tmp /dev/pts /var/log
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mount -t devpts pts /dev/pts
mount -t debugfs debug /sys/kernel/debug
hostname booth
modprobe -a virtio_pci virtio_net
ip link set lo up
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
mkdir -p /run/sshd
