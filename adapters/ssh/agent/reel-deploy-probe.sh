# SPDX-License-Identifier: Apache-2.0
# Part of reel-deploy: what the loaded module must show before it may boot.

refuse_other() { # SHA: only what runs is probed or made to boot
    what_boots
    what_runs
    [ "$loaded" = "$1" ] || refuse "release $1 is not loaded, but ${loaded:-no module}"
}
refuse_none() { [ -n "$listed_devices" ] || refuse 'the module has no device at all'; }

probe_abi() { # SHA
    refuse_other "$1"
    all_devices
    refuse_none
    abi=''
    for device in $listed_devices; do
        value=''
        IFS= read -r value <"$devices/$device/abi_version"
        number "$value" || refuse "$(hall_of "$device") tells no ABI version"
        [ "${abi:-$value}" = "$value" ] || refuse "its devices tell different ABI versions: $abi and $value"
        abi=$value
    done
    done_with "abi=$abi$NL"
}

probe_self_test() { # SHA
    refuse_other "$1"
    all_devices
    refuse_none
    for device in $listed_devices; do
        echo 1 2>/dev/null >"$devices/$device/self_test" || refuse "$(hall_of "$device") takes no self-test"
    done
    for device in $listed_devices; do
        tries=0
        while :; do
            value=''
            IFS= read -r value <"$devices/$device/self_test"
            case $value in
                ok) break ;;
                failed:*) refuse "$(hall_of "$device"): $value" ;;
            esac
            tries=$((tries + 1))
            [ $tries -lt 50 ] || refuse "$(hall_of "$device"): the self-test does not end"
            sleep 0.1
        done
    done
    done_with
}

# The agent and agent.conf that a commit would put in place, run on each device where the agent will lie. Without a
# hello it claims nothing, feeds no lease, and can command nothing.
probe_agent() { # SHA
    refuse_other "$1"
    given "$1" reel-agent own
    brought=$from
    given "$1" agent.conf own
    [ -n "$brought$from" ] || done_with
    given "$1" reel-agent all
    agent=${from:-$lib_dir/reel-agent}
    given "$1" agent.conf all
    conf=${from:-$conf_dir/agent.conf}
    all_devices
    refuse_none
    put_file "$agent" "$lib_dir/reel-agent.tried" 0755
    wrong=''
    for device in $listed_devices; do
        [ -n "$wrong" ] || try_agent
    done
    rm -f "$lib_dir/reel-agent.tried" "$run/agent" "$run/agent.err"
    [ -z "$wrong" ] || refuse "$(hall_of "${wrong%% *}"): the release's agent ${wrong#* }"
    done_with
}

try_agent() { # set `wrong` to DEVICE WORDS where it does not do what an agent does
    printf '%s\n' 'ping 1' 'snapshot 2' bye | (
        ulimit -f 64 # an agent that talks without end fills no disk
        export REEL_AGENT_CONF="$conf"
        exec timeout -k 1 5 "$lib_dir/reel-agent.tried" "${device%%-*}" "${device##*-}"
    ) >"$run/agent" 2>"$run/agent.err" 9>&-
    status=$?
    field "$device" epoch
    case $(cat "$run/agent") in
        "pong 1${NL}snapshot 2"*" epoch=$value "*"${NL}bye") [ $status -ne 0 ] || return 0 ;;
    esac
    said=$(cat "$run/agent.err" "$run/agent")
    wrong="$device does not answer as it must: ${said:-it says nothing}"
    [ $status -ne 124 ] || wrong="$device does not answer within 5 s"
}

probe_drill() { # SHA
    refuse_other "$1"
    note=''
    [ ! -r "$run/drill" ] || IFS= read -r note <"$run/drill"
    case $note in
        "$boot_id $1 ok") ;;
        "$boot_id $1 "*) refuse "${note#"$boot_id $1 "}" ;;
        # It was loaded when the server started: that it passed in another run counts, for it is the same module.
        *) [ -f "$state/installed/$1/drilled" ] || refuse 'it was not drilled: unload it, and load it again' ;;
    esac
    done_with
}
