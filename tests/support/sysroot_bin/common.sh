# SPDX-License-Identifier: Apache-2.0
# Sourced by each of these programs: `cut before` and `cut after` its work, where the test said so.
root=${0%/bin/*}
sim=$root/sim
PATH=/usr/sbin:/usr/bin:/sbin:/bin

cut() { # before|after
    [ -e "$sim/cut" ] || return 0
    read -r call when <"$sim/cut"
    if [ "$1" = before ]; then
        read -r n <"$sim/count"
        n=$((n + 1))
        echo $n >"$sim/count"
    fi
    [ "$n" -eq "$call" ] && [ "$when" = "$1" ] || return 0
    pid=$PPID victims=
    while [ "$pid" -gt 1 ]; do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in "dash $root/"*/reel-deploy' '*) victims="$victims $pid" ;; esac
        pid=$(sed 's/.*) [A-Z] \([0-9]*\) .*/\1/' "/proc/$pid/stat")
    done
    # shellcheck disable=SC2086 # a list on purpose
    kill -9 $victims
    exit 1
}
