#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boots a server that lives on its disk, each time; before it is enrolled it has neither modules nor sshd.
. /root/machine.sh

dmesg -n 5
[ ! -e /root/enrol.sh ] || exit 0
# As systemd does it: a module that is missing, or fails, keeps nothing else from its start.
for module in $(cat /etc/modules-load.d/*.conf); do
    modprobe "$module" || echo "modules-load: $module is not loaded"
done
/usr/sbin/sshd -r -E /var/log/sshd.log
