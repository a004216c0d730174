# SPDX-License-Identifier: Apache-2.0
# Part of reel-deploy: the module that runs now, how it comes and goes, and what it must show.

all_devices() { # set `listed_devices`: HALL-ROLE, one space between
    listed_devices=''
    set +f
    for device in "$devices"/*-*; do
        [ ! -d "$device" ] || listed_devices="$listed_devices ${device##*/}"
    done
    set -f
}
field() { # DEVICE KEY: set `value` from its snapshot; nothing where it says nothing of it
    value='' line=''
    [ ! -r "$devices/$1/snapshot" ] || IFS= read -r line <"$devices/$1/snapshot"
    case " $line " in *" $2="*) value=" $line " value=${value#*" $2="} value=${value%% *} ;; esac
}
read_epochs() { # set `epochs`: those of all devices, by commas
    epochs=''
    all_devices
    for device in $listed_devices; do
        field "$device" epoch
        ! number "$value" || epochs=$epochs${epochs:+,}$value
    done
}
hall_of() { echo "hall ${1%%-*} (${1##*-})"; }

# --- which module runs -----------------------------------------------------------------------------------------------

# What the linker wrote into a module as the id of its build, as hex; with `strip -g` it stays. Sets `build`.
# Where the linker wrote none, `source` is the sum over the module's sources that modpost may have left.
running_build() {
    build='' source=''
    [ ! -r "$loaded_dir/notes/.note.gnu.build-id" ] ||
        build=$(od -An -v -tx1 <"$loaded_dir/notes/.note.gnu.build-id" | tr -d ' \n')
    [ ! -r "$loaded_dir/srcversion" ] || IFS= read -r source <"$loaded_dir/srcversion"
}
is_build_of() { # FILE: the running module was made from it
    [ -f "$1" ] || return 1
    if [ -n "$build" ]; then
        od -An -v -tx1 <"$1" | tr -d ' \n' | grep -qF "$build"
    else
        [ -n "$source" ] && [ "$(modinfo -F srcversion "$1" 2>/dev/null)" = "$source" ]
    fi
}
# This very loading of it: /run says which release it is only for the run and the loading that it was written in.
this_loading() { loading="$boot_id $(stat -c %i "$loaded_dir" 2>/dev/null)"; }

# Set `loaded` to the release or module that runs, or to nothing. `unfinished`: a load of ours was cut off in the
# middle. `unknown`: it is neither what boots nor anything that is installed. Needs what_boots.
what_runs() {
    loaded=''
    [ -d "$loaded_dir" ] || return 0
    this_loading
    note='' name=''
    [ ! -r "$run/loaded" ] || IFS= read -r note <"$run/loaded"
    if [ "${note% *}" = "$loading" ]; then
        loaded=${note##* }
        return
    fi
    [ ! -r "$run/loading" ] || IFS= read -r name <"$run/loading"
    loaded=unfinished
    [ "${name% *}" != "$boot_id" ] || return 0
    running_build
    loaded=unknown
    if is_build_of "$boot_file"; then
        loaded=$boots
        case $loaded in '' | mixed) hash_of "$boot_file" && loaded=$hash ;; esac
        return
    fi
    set +f
    for name in "$state"/installed/*; do
        set -f
        if is_build_of "$name/reelctl.ko"; then
            loaded=${name##*/}
            return
        fi
    done
    set -f
}

# A module that guards film stays, and so does one that cannot tell.
refuse_film() {
    all_devices
    for device in $listed_devices; do
        field "$device" epoch
        number "$value" || refuse_unread "$device"
        case $device in *-projection) ;; *) continue ;; esac
        field "$device" film
        case $value in
            0) ;;
            1) refuse "reelctl is in use: film is in the path of hall ${device%%-*}" ;;
            *) refuse_unread "$device" ;;
        esac
        field "$device" motor
        case $value in '' | stop) ;; *) refuse "reelctl is in use: the motor of hall ${device%%-*} is on ($value)" ;; esac
        field "$device" dowser
        case $value in '' | closed) ;; *) refuse "reelctl is in use: the dowser of hall ${device%%-*} is $value" ;; esac
    done
}
refuse_unread() { # DEVICE
    refuse "$(hall_of "$1") does not tell whether film is in its path: look there, and restart the server without film"
}

remove_module() { # with no module of ours it has nothing to do
    [ -d "$loaded_dir" ] || return 0
    refuse_film
    said=$(timeout 30 rmmod reelctl 2>&1) || [ ! -d "$loaded_dir" ] || refuse "reelctl could not be unloaded: $said"
    rm -f "$run/loaded" "$run/loading" "$run/drill"
}

# --- loading ---------------------------------------------------------------------------------------------------------

# Set `options` to what modprobe.d gives to reelctl; the devices' group is the agent's where it says nothing of it.
read_options() {
    options=''
    while IFS= read -r line; do
        case $line in
            'options reelctl '*[!A-Za-z0-9_=,.:/\ -]*) refuse "modprobe.d has an option of another form: $line" ;;
            'options reelctl '*) options="$options ${line#options reelctl }" ;;
        esac
    done <<END
$(timeout 30 modprobe -c 2>/dev/null | grep '^options reelctl ')
END
    case " $options" in *' reel_gid='*) return ;; esac
    while IFS=: read -r name _ gid _; do
        [ "$name" != reel ] || ! number "$gid" || options="$options reel_gid=$gid"
    done <"$root/etc/group"
}

insert_file() { # FILE
    set -- "$1" $options
    if ! said=$(timeout 60 insmod "$@" 2>&1); then
        [ -d "$loaded_dir" ] || rm -f "$run/loading"
        refuse "the module could not be loaded: ${said:-insmod said nothing}"
    fi
    tries=0
    all_devices
    until [ -n "$listed_devices" ] || [ $tries -ge 10 ]; do
        tries=$((tries + 1))
        sleep 0.2
        all_devices
    done
}

# Load NAME from its own place, and drill it when $2 says so. A module that was drilled is loaded anew: it then has
# heard of nobody yet, and the controller's numbers begin as with any other start.
insert() {
    installed "$1"
    read_options
    rm -f "$run/loaded" "$run/drill"
    [ "$2" != drilled ] || rm -f "$state/installed/$1/drilled"
    put_line "$boot_id $1" "$run/loading"
    for module in $(modinfo -F depends "$state/installed/$1/reelctl.ko" 2>/dev/null | tr ',\n' '  '); do
        case $module in *[!A-Za-z0-9_-]*) ;; *) timeout 30 modprobe "$module" 2>/dev/null ;; esac
    done
    insert_file "$state/installed/$1/reelctl.ko"
    if [ "$2" = drilled ]; then
        rounds=0 drilled=taken
        until [ "$drilled" != taken ] || [ $rounds -ge 5 ]; do
            rounds=$((rounds + 1))
            drill
            said=$(timeout 30 rmmod reelctl 2>&1) || refuse "the new module cannot be unloaded again: $said"
            insert_file "$state/installed/$1/reelctl.ko"
        done
        [ "$drilled" != taken ] || drilled='a controller held the devices each time before they could be drilled'
        [ "$drilled" != ok ] || put_line "$boot_id" "$state/installed/$1/drilled"
        put_line "$boot_id $1 $drilled" "$run/drill"
    fi
    this_loading
    put_line "$loading $1" "$run/loaded"
    rm -f "$run/loading"
}

# The interlock drill: a dowser is told to open, as controllers do it, over a path that is empty. Refusing that is the
# device's rule for light at work; what the rule says of film that stands, the module's self-test asks. Fence 0 is below
# every controller's: nobody is superseded. Sets `drilled`: ok, what was wrong, or `taken` where a controller was quicker.
drill() {
    drilled=ok
    all_devices
    for device in $listed_devices; do
        case $device in *-projection) ;; *) continue ;; esac
        answer=''
        { echo '0 1 deploy 0' >"$devices/$device/claim" && echo '0 1 1 dowser open' >"$devices/$device/command" &&
            IFS= read -r answer <"$devices/$device/result"; } 2>/dev/null
        field "$device" dowser
        [ "$value" = closed ] || answer='x the dowser opened over an empty path'
        case $answer in
            '0 1 1 refused:interlock') ;;
            '0 1 1 refused:stale') drilled=taken ;;
            '0 1 1 refused:local') drilled="$(hall_of "$device"): its LOCAL key is turned, so nothing could be tried" ;;
            x*) drilled="$(hall_of "$device"): ${answer#x }" ;;
            *) drilled="$(hall_of "$device"): 'dowser open' was answered '${answer##* }', not refused:interlock" ;;
        esac
        [ "$drilled" = ok ] || return 0
    done
}

# --- verbs -----------------------------------------------------------------------------------------------------------

unload() { # NAME as it was found
    what_boots
    what_runs
    [ -z "$loaded" ] || [ "$loaded" = "$1" ] || refuse "$loaded is loaded, not $1"
    remove_module
    done_with
}

load() { # SHA
    what_boots
    what_runs
    if [ "$loaded" != "$1" ]; then
        [ -z "$loaded" ] || refuse "$loaded is loaded: unload it first"
        insert "$1" drilled
    fi
    read_epochs
    done_with "epochs=$epochs$NL"
}

inspect() {
    what_boots
    what_runs
    read_epochs
    free_bytes "$state"
    enforce=N
    [ ! -r "$root/sys/module/module/parameters/sig_enforce" ] ||
        IFS= read -r enforce <"$root/sys/module/module/parameters/sig_enforce"
    case $enforce in Y | 1) enforce=1 ;; *) enforce=0 ;; esac
    # Any module of this kernel's own build says what it asks for.
    module=$(sed -n 's/^\(kernel\/[^: ]*\):.*/\1/p' "$tree/modules.dep" 2>/dev/null | head -n 1)
    vermagic=$(words "$(modinfo -F vermagic "${module:+$tree/}${module:-$boot_file}" 2>/dev/null)")
    modules='' staged='' installed=''
    while read -r module _; do
        case $module in '' | reelctl | *[!A-Za-z0-9_]*) ;; *) modules=$modules${modules:+,}$module ;; esac
    done <"$root/proc/modules"
    set +f
    for name in "$state"/staged/*; do
        [ ! -f "$name/verified" ] || ! sha "${name##*/}" || staged=$staged${staged:+,}${name##*/}
    done
    for name in "$state"/installed/*; do
        [ ! -f "$name/reelctl.ko" ] || ! sha "${name##*/}" || installed=$installed${installed:+,}${name##*/}
    done
    set -f
    printf '%s\n' "boot_id=$boot_id" "kernel=$kernel" "vermagic=${vermagic% }" "sig_enforce=$enforce" "free=$free" \
        "loaded=$loaded" "boots=$boots" "staged=$staged" "installed=$installed" "modules=$modules" "epochs=$epochs"
    kernel_log
    done_with
}
