# SPDX-License-Identifier: Apache-2.0
"""Where WordPress is unpacked, with our plugin in it as it is in this checkout."""

import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PLUGIN = PROJECT / "wordpress_plugin"
PHP = Path(__file__).parent / "php"
_ROOT = PROJECT / ".wordpress" / "root"
_LIMIT_S = 300


def wordpress_root() -> Path:
    """Return the root of a WordPress whose configuration is read from the environment; unpack it where it is not yet.

    Raises:
        subprocess.CalledProcessError: the package cannot be fetched; what was said is on the standard error.
    """
    _ROOT.parent.mkdir(exist_ok=True)
    subprocess.run([PROJECT / "packaging" / "unpack_wordpress.sh", _ROOT], check=True, timeout=_LIMIT_S)
    shutil.copy(PHP / "wp-config.php", _ROOT / "wp-config.php")
    link = _ROOT / "wp-content" / "plugins" / "projectionist"
    if not link.is_symlink():
        link.symlink_to(PLUGIN, target_is_directory=True)
    return _ROOT
