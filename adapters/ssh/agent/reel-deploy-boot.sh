# SPDX-License-Identifier: Apache-2.0
# Part of reel-deploy: what this server starts with, and the two verbs that change it.
#
#   $state/booted      `NAME FILE-SHA256`: what the last change ended with
#   $state/changing    `FROM TO`: a change is on its way; while it is there, only files count
#
# A change goes module, depmod, agent, agent.conf, boot entry, `booted`; each of them is renamed into place.

# Set `boots`: the release or module that modprobe takes when the server starts, nothing, or `mixed`: a change was
# cut off, and what is there is neither the one nor the other. Also `boot_file`, and `boot_hash` of it.
what_boots() {
    change='' record=''
    read_boot_file
    boots=$boot_hash
    if [ -r "$state/changing" ] && IFS= read -r change <"$state/changing"; then
        boots=mixed
        if is_whole "${change##* }" all; then
            boots=${change##* }
        elif is_whole "${change%% *}" all; then
            boots=${change%% *}
        fi
        [ "$boots" != none ] || boots=''
        return 0
    fi
    [ -r "$state/booted" ] && IFS= read -r record <"$state/booted" || return 0
    # A module, or an agent, that somebody replaced by hand is not the release any more.
    [ "${record#* }" != "$boot_hash" ] || ! is_whole "${record%% *}" own || boots=${record%% *}
    [ "$boots" != none ] || boots=''
}

read_boot_file() { # without an entry in modules-load.d nothing is loaded when the server starts
    boot_hash=''
    boot_file=$(modinfo -k "$kernel" -n reelctl 2>/dev/null)
    case $boot_file in "$root"/*.ko | "$root"/*.ko.*) ;; *) boot_file='' ;; esac
    [ -n "$boot_file" ] && has_entry && hash_of "$boot_file" || return 0
    boot_hash=$hash
}
has_entry() {
    set +f
    cat "$root"/etc/modules-load.d/*.conf "$root"/usr/lib/modules-load.d/*.conf "$root/etc/modules" 2>/dev/null |
        grep -qx '[[:space:]]*reelctl[[:space:]]*'
    entry=$?
    set -f
    return $entry
}

given() { # NAME FILE own|all: set `from` to the file that NAME brings, or was kept with; nothing where it says nothing
    from=$state/installed/$1/$2
    [ ! -f "$from" ] || return 0
    from=$state/installed/$1/kept/$2
    [ "$3" = all ] && [ -f "$from" ] || from=''
}
is_whole() { # NAME own|all: what boots is NAME, with its agent and its agent.conf
    if [ "$1" = none ]; then
        [ -z "$boot_hash" ] || return 1
    else
        [ -n "$boot_hash" ] && cmp -s "$boot_file" "$state/installed/$1/reelctl.ko" || return 1
    fi
    given "$1" reel-agent "$2"
    [ -z "$from" ] || cmp -s "$from" "$lib_dir/reel-agent" || return 1
    given "$1" agent.conf "$2"
    [ -z "$from" ] || cmp -s "$from" "$conf_dir/agent.conf"
}

run_depmod() {
    said=$(timeout 50 depmod "$kernel" 2>&1 9>&-) || refuse "depmod failed: $said"
    on_disk
    read_boot_file
}

change_boot() { # NAME or none: from here on the server starts with it
    what_boots
    before=${boots:-none}
    [ "$before" != mixed ] || before=${change%% *}
    put_line "$before $1" "$state/changing"
    if [ "$1" = none ]; then
        rm -f "$boot_entry" "$tree/updates/reelctl.ko"
        run_depmod
        [ -z "$boot_hash" ] || refuse "the server would still start with $boot_file: somebody else's entry names reelctl"
    else
        mkdir -p "$tree/updates" "${boot_entry%/*}" || refuse "$tree/updates cannot be made"
        put_file "$state/installed/$1/reelctl.ko" "$tree/updates/reelctl.ko" 0644
        run_depmod
        [ "$(modinfo -k "$kernel" -n reelctl 2>/dev/null)" = "$tree/updates/reelctl.ko" ] ||
            refuse "modprobe would not take $tree/updates/reelctl.ko: another reelctl is before it"
    fi
    given "$1" reel-agent all
    [ -z "$from" ] || cmp -s "$from" "$lib_dir/reel-agent" || put_file "$from" "$lib_dir/reel-agent" 0755
    given "$1" agent.conf all
    [ -z "$from" ] || cmp -s "$from" "$conf_dir/agent.conf" || put_file "$from" "$conf_dir/agent.conf" 0644
    [ "$1" = none ] || has_entry || put_line reelctl "$boot_entry"
    read_boot_file
    put_line "$1 $boot_hash" "$state/booted"
    rm -f "$state/changing"
    on_disk
}

commit() { # SHA
    what_boots
    if [ "$boots" != "$1" ] || [ -e "$state/changing" ]; then
        refuse_other "$1"
        installed "$1"
        [ -z "$boots" ] || [ -f "$state/installed/$boots/reelctl.ko" ] || [ "$boots" = mixed ] ||
            refuse "what boots now was not kept: install the release again"
        change_boot "$1"
    fi
    done_with
}

rollback() { # NAME or none
    to=$1
    [ "$to" = none ] || installed "$to"
    what_boots
    what_runs
    goal=$to
    [ "$to" != none ] || goal=''
    [ "$loaded" = "$goal" ] || refuse_film
    if [ "$boots" != "$goal" ] || [ -e "$state/changing" ]; then change_boot "$to"; fi
    if [ "$loaded" != "$goal" ]; then
        remove_module
        [ -z "$goal" ] || insert "$goal" undrilled
    fi
    done_with
}
