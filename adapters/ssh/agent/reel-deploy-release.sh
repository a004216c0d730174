# SPDX-License-Identifier: Apache-2.0
# Part of reel-deploy: a release on its way in. It is a manifest, its signature, and the files that the manifest names.
# A release's name is the sha256 of its manifest.

manifest_most=16384
file_most=67108864

# Read DIR/manifest and set `files` to lines `NAME SHA256 SIZE`. Only what is strictly of its form is taken.
read_manifest() { # DIR SHA
    files='' form='' seen=' ' manifest=$1/manifest
    hash_of "$manifest" || refuse "release $2 has no manifest here: stage it"
    [ "$hash" = "$2" ] || refuse "the manifest is not that of release $2: tampered with, or damaged on its way"
    ! grep -q '[^ -~]' "$manifest" || refuse 'the manifest holds more than printable ASCII'
    while IFS= read -r line; do
        case $line in
            format=1) form=1 ;;
            file=*)
                set -- ${line#file=}
                file_name "${1-}" && sha "${2-}" && number "${3-}" && [ $# -eq 3 ] && [ "$3" -le $file_most ] ||
                    refuse "the manifest has a line of another form: $line"
                case $seen in *" $1 "*) refuse "the manifest names $1 twice" ;; esac
                seen="$seen$1 " files="$files$*$NL"
                ;;
            format=*) refuse "the manifest is of $line, and this server reads format=1" ;;
        esac
    done <"$manifest"
    [ -n "$form" ] || refuse 'the manifest lacks format=1'
    case $seen in *' reelctl.ko '*) ;; *) refuse 'the manifest names no reelctl.ko' ;; esac
}

listed_file() { # NAME: set `want` and `size` from `files`
    want=''
    case $NL$files in *"$NL$1 "*) ;; *) return 1 ;; esac
    want=${files#"$1 "}
    [ "$want" != "$files" ] || want=${files#*"$NL$1 "}
    want=${want%%"$NL"*}
    size=${want#* } want=${want%% *}
}

check_files() { # DIR SHA: every file is what the manifest says
    dir=$1
    read_manifest "$1" "$2"
    for name in reelctl.ko reel-agent agent.conf; do
        listed_file $name || continue
        [ -f "$dir/$name" ] || refuse "$name of release $2 is missing: stage it"
        hash_of "$dir/$name" && [ "$hash" = "$want" ] ||
            refuse "$name is not what the manifest says: tampered with, or damaged on its way"
    done
}

check_signature() { # DIR: set `signer`; the key's owner must be one of this server's own list
    signers=$conf_dir/release_signers
    [ -s "$1/manifest.sig" ] || refuse 'the release is unsigned: it has no manifest.sig'
    [ -s "$signers" ] || refuse "this server knows no signers: enrol it again with [deploy] signers"
    signer=$(timeout 10 ssh-keygen -Y find-principals -s "$1/manifest.sig" -f "$signers" 2>/dev/null | head -n 1)
    case $signer in '' | *[!A-Za-z0-9@._+-]*) refuse 'the release is signed by a key that this server does not know' ;; esac
    timeout 10 ssh-keygen -Y verify -f "$signers" -I "$signer" -n reel-release -s "$1/manifest.sig" \
        <"$1/manifest" >/dev/null 2>&1 ||
        refuse "the signature by $signer does not fit the manifest: tampered with, or made for something else"
}

forget_staged() { # SHA: all but this one; each is uploaded anew when it is wanted
    set +f
    for other in "$state"/staged/*; do [ "${other##*/}" = "$1" ] || rm -rf "$other"; done
    set -f
}

stage_put() { # SHA NAME; standard input is the file
    dir=$state/staged/$1 most=$manifest_most want=''
    if [ "$2" = manifest ]; then
        forget_staged "$1"
        want=$1
    elif [ "$2" != manifest.sig ]; then
        read_manifest "$dir" "$1"
        listed_file "$2" || refuse "the manifest of this release names no $2"
        most=$size
    fi
    room_for "$most"
    mkdir -p "$dir" && rm -f "$dir/verified" "$dir/coming" || refuse "$dir cannot be written"
    ( set -C && timeout 240 head -c $((most + 1)) >"$dir/coming" ) 2>/dev/null ||
        refuse "$2 did not come to its end: $(room_or 'the session was too slow, or cut' "$dir")"
    got=$(wc -c <"$dir/coming")
    hash_of "$dir/coming" || hash=''
    if [ "$got" -gt "$most" ] || [ "$hash" != "${want:-$hash}" ]; then
        rm -f "$dir/coming"
        refuse "$2 is not what it is named as: tampered with, or damaged on its way"
    fi
    mv -f "$dir/coming" "$dir/$2" || refuse "$dir/$2 cannot be written"
    done_with
}

stage_verify() { # SHA
    check_files "$state/staged/$1" "$1"
    check_signature "$state/staged/$1"
    put_line "$signer" "$state/staged/$1/verified"
    done_with "signer=$signer$NL"
}

install_release() { # SHA: whole or not at all; and what boots now is kept under its own name
    dir=$state/staged/$1
    check_files "$dir" "$1"
    check_signature "$dir"
    what_boots
    [ "$boots" != mixed ] || refuse 'an earlier change of what boots was cut off: roll it back first'
    case $boot_file in *.ko.*) refuse "the module that boots is compressed: unpack $boot_file, and run depmod" ;; esac
    set -- "$1" "$state/installed/$1" "$state/installed/$1.new"
    need=0
    for name in reelctl.ko reel-agent agent.conf; do ! listed_file $name || need=$((need + size)); done
    room_for $((2 * need))
    keep_previous "$boots"
    if (check_files "$2" "$1") >/dev/null; then done_with; fi # it is there, and whole
    rm -rf "$3" && mkdir "$3" && cp "$dir/manifest" "$dir/manifest.sig" "$3/" 2>/dev/null ||
        refuse "$3 cannot be written: $(room_or 'is it a directory?' "$state")"
    for name in reelctl.ko reel-agent agent.conf; do
        ! listed_file $name || cp "$dir/$name" "$3/$name" 2>/dev/null ||
            refuse "$3/$name could not be written: $(room_or 'is the disk well?' "$state")"
    done
    check_files "$3" "$1"
    # What was kept beside it while it booted goes along.
    [ ! -d "$2/kept" ] || cp -R "$2/kept" "$3/kept" 2>/dev/null || refuse "$3/kept could not be written"
    on_disk
    rm -rf "$2" && mv "$3" "$2" && on_disk || refuse "$2 cannot be written"
    done_with
}

keep_previous() { # NAME of what boots, or nothing: its module, agent and agent.conf, so that it can be gone back to
    kept=$state/installed/${1:-none}
    mkdir -p "$kept" || refuse "$kept cannot be made"
    if [ -n "$1" ] && ! cmp -s "$boot_file" "$kept/reelctl.ko"; then
        put_file "$boot_file" "$kept/reelctl.ko" 0644
    fi
    rm -rf "$kept/kept.new" && mkdir "$kept/kept.new" || refuse "$kept/kept.new cannot be made"
    [ ! -f "$lib_dir/reel-agent" ] || cp "$lib_dir/reel-agent" "$kept/kept.new/reel-agent" 2>/dev/null ||
        refuse "the agent could not be kept: $(room_or 'is the disk well?' "$state")"
    [ ! -f "$conf_dir/agent.conf" ] || cp "$conf_dir/agent.conf" "$kept/kept.new/agent.conf" 2>/dev/null ||
        refuse "agent.conf could not be kept: $(room_or 'is the disk well?' "$state")"
    on_disk
    rm -rf "$kept/kept" && mv "$kept/kept.new" "$kept/kept" || refuse "$kept/kept cannot be written"
}

installed() { # NAME: it can be loaded from its own place, and is whole
    dir=$state/installed/$1
    if [ -f "$dir/manifest" ]; then
        check_files "$dir" "$1"
    else
        hash_of "$dir/reelctl.ko" || refuse "$1 is not installed here: install it"
        [ "$hash" = "$1" ] || refuse "the kept module $1 is damaged: it cannot be gone back to"
    fi
}
