#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the guest ready, once, before its snapshot; busybox init runs it first.
. /root/machine.sh

sh /root/enrol.sh
# There is no syslog here. Without -r each connection would begin a new sshd: half of a handshake when emulated.
/usr/sbin/sshd -r -E /var/log/sshd.log
# From here on the console says what a person should look at: warnings, and worse.
dmesg -n 5
