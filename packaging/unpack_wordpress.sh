#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unpacks the WordPress of Debian trixie into $1, unless it is there. Nothing is installed: the package is for any
# machine, and this one's own Debian may be older. Its lists and downloads are apt's, in a directory of their own.
set -eu
root=$1
suite=trixie
packages="wordpress wordpress-theme-twentytwentyfive libjs-underscore libjs-lodash libjs-cropper libjs-jquery-ui
    php-getid3 libphp-phpmailer"

exec 9<"$(dirname "$0")"
flock 9
[ -e "$root/.unpacked" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/lists/partial" "$work/archives/partial" "$work/debs" "$work/tree"
. /etc/os-release
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [ -e "$file" ] && sed "s/\b$VERSION_CODENAME\b/$suite/g" "$file" >"$work/sources/$(basename "$file")"
done
cat >"$work/apt.conf" <<EOF
Dir::Etc::sourcelist "$work/sources/sources.list";
Dir::Etc::sourceparts "$work/sources";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work";
APT::Sandbox::User "root";
APT::Update::Post-Invoke-Success "";
Acquire::Languages "none";
EOF
: >"$work/status"
export APT_CONFIG="$work/apt.conf"
echo "Fetching the WordPress of Debian $suite"
apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
(cd "$work/debs" && apt-get download -qq $packages)
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/tree"; done

# Debian's package is a farm of links into /usr/share: they must lead into the tree that was unpacked.
tree=$work/tree
find "$tree" -type l -lname '/*' | while IFS= read -r link; do
    ln -snf "$tree$(readlink "$link")" "$link"
done
rm -rf "$root.new"
mkdir -p "$root.new"
cp -rL "$tree/usr/share/wordpress/." "$root.new/" 2>"$work/dangling" || true
[ -e "$root.new/wp-settings.php" ] || { cat "$work/dangling" >&2; exit 1; }
rm -f "$root.new/wp-config.php"
rm -rf "$root"
mv "$root.new" "$root"
: >"$root/.unpacked"
