# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Read by reel-agent on a server without a reel device: its verbs are commands, and a journal keeps the device's rule.
# Each journal line is written at once:
#   n BOOT EPOCH | c FENCE GEN CONTROLLER SEQ | b SEQ VERB [ARG] | e SEQ RESULT | k VERB ARG (what is known)

LEASE_S=5

# The kernel frees this lock when its holder dies. A child must not inherit it: close 9 there.
lock() {
    exec 9>>"$journal.lock"
    tries=0
    until flock -n 9; do
        tries=$((tries + 1))
        [ $tries -lt 50 ] || { unlock; return 1; }
        sleep 0.1
    done
}
unlock() { exec 9>&-; }
note() { printf '%s\n' "$*" >>"$journal"; }
uptime_s() { read -r now _ </proc/uptime && now=${now%.*}; }

learn() { # what an actuator does since VERB [ARG] ($1 $2) was carried out; an empty $2 means: nobody knows
    case $1 in
        motor) motor=$2 ;;
        dowser) dowser=$2 ;;
        lamp) lamp=$2 ;;
        sound) sound=$2 ;;
        lights) lights=$2 ;;
        safe_stop)
            sound=${2:+mute}
            [ "$role" = sound ] || motor=${2:+stop} dowser=${2:+close}
            ;;
    esac
}

recall() { # fold the journal; a `b` without its `e` leaves the result unknown
    boot='' epoch=0 held_fence=0 held_gen=0 owner='' last=0 result=-
    motor='' dowser='' lamp='' sound='' lights='' verb='' arg=''
    [ -r "$journal" ] || return 0
    while read -r mark one two three four; do
        # A line that a power loss cut says nothing.
        case $mark in [bce]) number "$one" || continue ;; esac
        case $mark in
            n) boot=$one epoch=$two ;;
            c)
                number "$two" && number "$four" || continue
                held_fence=$one held_gen=$two owner=$three
                [ "$four" -le "$last" ] || { last=$four result=failed:unknown; }
                ;;
            b)
                last=$one result=failed:unknown verb=$two arg=$three
                learn "$verb" ''
                ;;
            e)
                last=$one result=$two
                [ "$result" != ok ] || learn "$verb" "${arg:-done}"
                verb=''
                ;;
            k) learn "$one" "$two" ;;
        esac
    done <"$journal"
}

rewrite() { # the same knowledge in a few lines
    {
        printf 'n %s %s\n' "$boot" "$epoch"
        [ -z "$owner" ] || printf 'c %s %s %s 0\n' "$held_fence" "$held_gen" "$owner"
        [ "$last" -eq 0 ] || printf 'e %s %s\n' "$last" "$result"
        for known in "motor $motor" "dowser $dowser" "lamp $lamp" "sound $sound" "lights $lights"; do
            case $known in *' ') ;; *) printf 'k %s\n' "$known" ;; esac
        done
    } >"$journal.new" && mv -f "$journal.new" "$journal"
}

legacy_start() { # a new boot is a new epoch, as for a device
    lock || fail "$journal is locked by another agent for more than 5 s"
    recall
    read -r this_boot </proc/sys/kernel/random/boot_id
    if [ "$boot" != "$this_boot" ]; then
        read -r drawn </proc/sys/kernel/random/uuid
        boot=$this_boot epoch=$((0x${drawn%%-*} | 1)) last=0 result=-
        motor='' dowser='' lamp='' sound='' lights=''
    fi
    rewrite || fail "$journal cannot be written"
    unlock
}

mapped() { # set `words` to the command of VERB [ARG]
    case $mapping in *"$NL$1 = "*) words=${mapping#*"$NL$1 = "} words=${words%%"$NL"*} ;; *) return 1 ;; esac
}

carry_out() { # VERB [ARG]: set `answer`
    if mapped "$1"; then
        (
            exec 9>&- </dev/null >/dev/null
            ulimit -S -v "$memory"
            REEL_HALL=$hall REEL_ROLE=$role
            export REEL_HALL REEL_ROLE
            exec timeout -k 1 2 $words
        )
        case $? in
            0) answer=ok ;;
            124 | 137 | 143) answer=failed:timeout ;;
            126 | 127) answer=failed:down ;;
            *) answer=failed:unknown ;;
        esac
    elif [ "$1" = safe_stop ]; then
        worst=refused:verb
        for part in 'dowser close' 'sound mute' 'motor stop'; do
            carry_out "$part"
            case $worst:$answer in *:refused:verb | failed:*:*) ;; *) worst=$answer ;; esac
        done
        answer=$worst
    else
        answer=refused:verb
    fi
}

legacy_cmd() { # FENCE GEN SEQ VERB [ARG]
    lock || { answer=refused:busy; return; }
    recall
    if rises "$held_fence" "$held_gen" "$1" "$2"; then
        answer=refused:stale
    elif [ "$3" -eq "$last" ]; then
        answer=$result
    elif [ "$3" -ne $((last + 1)) ] && ! { [ "$4" = safe_stop ] && [ "$3" -gt "$last" ]; }; then
        answer=refused:gap
    elif note b "$3" "$4" ${5+"$5"}; then
        carry_out "$4${5+ $5}"
        note e "$3" "$answer"
    else
        answer=failed:down
    fi
    unlock
}

fed() { # is the claim's lease fed?
    read -r lease_fence lease_gen stamp <"$journal.lease" && uptime_s &&
        [ "$lease_fence $lease_gen" = "$held_fence $held_gen" ] && [ $((now - stamp)) -lt $LEASE_S ]
}

legacy_ping() { # feed the lease, unless a newer claim has it
    if read -r lease_fence lease_gen stamp <"$journal.lease" && rises "$lease_fence" "$lease_gen" "$fence" "$gen"; then
        return
    fi
    uptime_s && printf '%s\n' "$fence $gen $now" >"$journal.lease"
}

# The dead man's hand. It outlives a broken connection until the lease is over, and stops the motor only when the
# dowser is known to be closed: no audience is watching.
watch_lease() { # FENCE GEN
    while sleep 1; do
        recall
        [ "$1 $2" = "$held_fence $held_gen" ] || return
        fed && continue
        # A ping may be writing the lease just now: look twice.
        sleep 1
        if lock && recall && ! fed && [ "$1 $2" = "$held_fence $held_gen" ] &&
            [ "$dowser" = close ] && [ "$motor" != stop ]; then
            carry_out 'motor stop'
            [ "$answer" != ok ] || note k motor stop
        fi
        unlock
        kill -0 $$ || return
    done
}

legacy_hello() { # FENCE GEN CONTROLLER SEQ
    refusal=down
    lock || return
    recall
    if [ -n "$owner" ] && [ "$owner" != "$3" ] && { [ "$1" -eq "$held_fence" ] || fed; }; then
        refusal=held
    elif ! rises "$1" "$2" "$held_fence" "$held_gen"; then
        refusal=stale
    elif note c "$*"; then
        refusal='' abi=0
        uptime_s && printf '%s\n' "$1 $2 $now" >"$journal.lease"
    fi
    unlock
    [ -z "$refusal" ] || return
    # `exec`, because a redirected function keeps the old output open, and sshd would wait for it.
    (
        exec </dev/null >/dev/null
        watch_lease "$1" "$2"
    ) &
    watcher=$!
}

legacy_snapshot() { # what was last carried out; a device's other words are not known here
    recall
    case $dowser in close) dowser=closed ;; esac
    case $lamp in on) lamp=lit ;; off) lamp=cold ;; esac
    lease=ended
    ! fed || lease=fed
    state="epoch=$epoch seq=0${motor:+ motor=$motor}${dowser:+ dowser=$dowser}${lamp:+ lamp=$lamp}"
    state="$state${sound:+ sound=$sound}${lights:+ lights=$lights} lease=$lease"
    state="$state fence=$held_fence gen=$held_gen last=$last"
}

legacy_ring() { lines='' count=0; }
