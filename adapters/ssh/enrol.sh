# SPDX-License-Identifier: Apache-2.0
# The body of an enrolment script; adapters/ssh/enrol.py puts the settings before it and the programs after it.
# Nothing here happens before the last line, `main`: a script that was cut off on its way does nothing.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
    echo "enrol: $1" >&2
    exit 1
}

# put FILE MODE: standard input becomes FILE, whole or not at all.
put() {
    (umask 077 && cat >"$1.new")
    chmod "$2" "$1.new"
    mv -f "$1.new" "$1"
}

check_machine() {
    [ "$(id -u)" -eq 0 ] || die 'run this as root'
    for program in sshd ssh-keygen dash useradd install; do
        command -v "$program" >/dev/null || die "$program is missing; apt-get install openssh-server dash passwd"
    done
    # Where there is a reel device, the controller hears its events through udevadm.
    [ -z "$udevadm" ] || [ -x "$udevadm" ] || die "$udevadm is missing; apt-get install udev"
    [ -z "$udevadm" ] || [ -x /usr/bin/timeout ] || die '/usr/bin/timeout is missing; apt-get install coreutils'
    grep -Eqi '^[[:space:]]*Include[[:space:]]+/etc/ssh/sshd_config\.d/\*\.conf' /etc/ssh/sshd_config ||
        die '/etc/ssh/sshd_config lacks the line: Include /etc/ssh/sshd_config.d/*.conf'
    if [ -n "$signers" ]; then
        for program in flock timeout sha256sum cmp od df insmod rmmod modprobe modinfo depmod dmesg; do
            command -v "$program" >/dev/null || die "$program is missing; apt-get install util-linux coreutils diffutils kmod"
        done
    fi
    [ -r /etc/ssh/ssh_host_ed25519_key.pub ] || die 'there is no Ed25519 host key; make it: ssh-keygen -A'
}

make_account() {
    if ! id "$account" >/dev/null 2>&1; then
        # A password of "*" is none; the "!" of useradd would lock the account for sshd too.
        useradd --system --user-group --no-create-home --home-dir "$state_dir" --shell /bin/dash \
            --password '*' "$account"
    fi
    [ "$(getent passwd "$account" | cut -d: -f7)" = /bin/dash ] ||
        die "the account $account has another shell than /bin/dash; mend: usermod --shell /bin/dash $account"
}

install_programs() {
    install -d -m 0755 -o root -g root "$lib_dir" "$conf_dir"
    if [ -n "$signers" ]; then
        # Root is held against the list of revoked keys too: the account may put files beside it, not in its place.
        install -d -m 1775 -o root -g "$account" "$state_dir"
    else
        install -d -m 0755 -o "$account" -g "$account" "$state_dir"
    fi
    agent_program | put "$lib_dir/reel-agent" 0755
    legacy_program | put "$lib_dir/reel-agent-legacy.sh" 0644
    krl_program | put "$lib_dir/reel-krl" 0755
    # What the agent drives may be changed by hand: it is written only once.
    [ -e "$conf_dir/agent.conf" ] || echo "devices = $devices" | put "$conf_dir/agent.conf" 0644
}

# Deployments of the kernel module, as root. Its parts first: a program without one of them would not start.
install_deploy() {
    [ -n "$signers" ] || return 0
    install -d -m 0755 -o root -g root "$deploy_dir" "$deploy_dir/staged" "$deploy_dir/installed"
    deploy_release_part | put "$lib_dir/reel-deploy-release.sh" 0644
    deploy_module_part | put "$lib_dir/reel-deploy-module.sh" 0644
    deploy_probe_part | put "$lib_dir/reel-deploy-probe.sh" 0644
    deploy_boot_part | put "$lib_dir/reel-deploy-boot.sh" 0644
    deploy_program | put "$lib_dir/reel-deploy" 0755
    echo "$signers" | put "$conf_dir/release_signers" 0644
    echo "$root_principals" | put "$conf_dir/root_principals" 0644
}

trust_authority() {
    krl_owner=$account:$account
    [ -z "$signers" ] || krl_owner=root:root
    echo "$authority" | put "$conf_dir/user_ca.pub" 0644
    echo "$principals" | put "$conf_dir/principals" 0644
    if [ ! -s "$state_dir/revoked.krl" ]; then
        ssh-keygen -q -k -f "$state_dir/revoked.krl" # empty, but valid: sshd refuses every key without one
    fi
    chown "$krl_owner" "$state_dir/revoked.krl"
    chmod 0644 "$state_dir/revoked.krl"
}

sshd_settings() {
    echo '# Written by projectionist enrol. All but the first lines concern the account of the agents only.'
    echo 'MaxStartups 64:30:128'
    # OpenSSH 9.8 and newer punish an address for each refused key: one bad certificate would lock out every hall.
    if sshd -t -f /dev/null -o "PerSourcePenaltyExemptList=$controllers" 2>/dev/null; then
        echo "PerSourcePenaltyExemptList $controllers"
    fi
    cat <<END
Match User $account
    TrustedUserCAKeys $conf_dir/user_ca.pub
    AuthorizedPrincipalsFile $conf_dir/principals
    RevokedKeys $state_dir/revoked.krl
    AuthorizedKeysFile none
    AuthenticationMethods publickey
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    DisableForwarding yes
    PermitTTY no
    PermitUserRC no
    MaxSessions 2
    ClientAliveInterval 5
    ClientAliveCountMax 3
END
    [ -z "$signers" ] || root_settings
}

# Root's own keys stay as they are, where they name a command. Of ours only the principals of $root_principals are let
# in, each tied to its command.
root_settings() {
    cat <<END
Match User root
    PermitRootLogin forced-commands-only
    TrustedUserCAKeys $conf_dir/user_ca.pub
    AuthorizedPrincipalsFile $conf_dir/root_principals
    RevokedKeys $state_dir/revoked.krl
    ClientAliveInterval 5
    ClientAliveCountMax 3
END
}

sshd_accepts() {
    install -d -m 0755 /run/sshd
    sshd -t && sshd -T -C "user=$account,host=localhost,addr=127.0.0.1" |
        grep -qix "trustedusercakeys $conf_dir/user_ca.pub" || return 1
    [ -n "$signers" ] || return 0
    # What holds in the end: an earlier block for root may have opened its login wider.
    of_root=$(sshd -T -C "user=root,host=localhost,addr=127.0.0.1")
    echo "$of_root" | grep -qix "authorizedprincipalsfile $conf_dir/root_principals" &&
        echo "$of_root" | grep -qix 'permitrootlogin forced-commands-only'
}

configure_sshd() {
    settings=/etc/ssh/sshd_config.d/10-reel.conf
    [ ! -e "$settings" ] || cp -p "$settings" "$settings.old" # not *.conf: sshd does not read it
    sshd_settings | put "$settings" 0644
    if ! sshd_accepts; then
        rm -f "$settings"
        [ ! -e "$settings.old" ] || mv -f "$settings.old" "$settings"
        die 'sshd does not accept the settings, they were taken back; see sshd -t'
    fi
    if [ -d /run/systemd/system ]; then
        systemctl reload ssh
    else
        echo 'enrol: there is no systemd here: let sshd read its settings again by hand' >&2
    fi
}

main() {
    check_machine
    make_account
    install_programs
    trust_authority
    install_deploy
    configure_sshd
    echo "enrol: $server is ready. Pin its host key in cinema.toml, where this server stands:"
    [ -z "$signers" ] || echo 'enrol: from now on root logs in over SSH only by a key that names a command' >&2
    cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub
    # With a host CA, sign that key instead (ssh-keygen -s HOST_CA -I NAME -h -n NAME KEY.pub), put the result
    # beside it and name it in sshd's HostCertificate.
}
