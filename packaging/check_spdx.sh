#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each tracked source file names its licence in its first five lines, and the one of its directory.
set -eu
cd "$(dirname "$0")/.."

git ls-files -- '*.py' '*.sh' '*.c' '*.h' '*.php' '*.js' '*.dts*' '*.rules' '*/Kbuild' '*/Makefile' '*/dkms.conf' 'kmod/*.conf' '*/reel-agent' '*/reel-krl' '*/reel-deploy' .ci/run Makefile | {
    bad=0
    while IFS= read -r file; do
        [ -s "$file" ] || continue # deleted, or empty: nothing to license
        case $file in
            kmod/*) wanted='GPL-2.0-only' ;;
            wordpress_plugin/*) wanted='GPL-2.0-or-later' ;;
            *) wanted='Apache-2.0' ;;
        esac
        if ! head -n 5 "$file" | grep -Eq "SPDX-License-Identifier: $wanted( |\$)"; then
            echo "$file: no line 'SPDX-License-Identifier: $wanted' at its top" >&2
            bad=1
        fi
    done
    exit $bad
}
