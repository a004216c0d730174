# SPDX-License-Identifier: Apache-2.0
"""Writes wordpress_plugin/languages/projectionist.pot, the texts that can be translated; `--check` compares."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PLUGIN = Path(__file__).parents[1] / "wordpress_plugin"
POT = PLUGIN / "languages" / "projectionist.pot"
_FUNCTIONS = ("__", "esc_html__", "esc_attr__")
_OPTIONS = ("--from-code=UTF-8", "--omit-header", "--add-location=file", "--add-comments=translators", "--output=-")
_OF_BLOCK = {"title": "block title", "description": "block description"}
_OF_PLUGIN = ("Plugin Name", "Description")
_HEAD = """# SPDX-License-Identifier: GPL-2.0-or-later
msgid ""
msgstr ""
"Project-Id-Version: Projectionist {version}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Domain: projectionist\\n"

"""


def pot() -> str:
    """Return the template, from the sources as they are."""
    main = (PLUGIN / "projectionist.php").read_text()
    parts = [_HEAD.format(version=_head(main, "Version")), *_of_metadata(main)]
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "metadata").write_text("".join(parts))
        for language, files in (("PHP", PLUGIN.rglob("*.php")), ("JavaScript", (PLUGIN / "assets").glob("*.js"))):
            names = sorted(str(file.relative_to(PLUGIN)) for file in files)
            (Path(directory) / language).write_text(_of_code(language, names))
        command = ["msgcat", "--use-first", "metadata", "PHP", "JavaScript"]
        return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True, timeout=60).stdout


def _of_code(language: str, files: list[str]) -> str:
    keywords = ["--keyword", *(f"--keyword={name}" for name in _FUNCTIONS)]
    command = ["xgettext", f"--language={language}", *keywords, *_OPTIONS, *files]
    done = subprocess.run(command, cwd=PLUGIN, check=True, capture_output=True, text=True, timeout=60)
    return 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + done.stdout


def _of_metadata(main: str) -> list[str]:
    block = json.loads((PLUGIN / "block" / "block.json").read_text())
    told = [(f"#: projectionist.php\n#. {name} of the plugin\n", _head(main, name)) for name in _OF_PLUGIN]
    told += [(f'#: block/block.json\nmsgctxt "{context}"\n', block[name]) for name, context in _OF_BLOCK.items()]
    told += [('#: block/block.json\nmsgctxt "block keyword"\n', word) for word in block["keywords"]]
    return [f'{above}msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr ""\n\n' for above, text in told]


def _head(main: str, name: str) -> str:
    found = re.search(rf"^ \* {name}: (.+)$", main, re.MULTILINE)
    if found is None:
        raise LookupError(f"projectionist.php does not say its {name}")
    return found[1]


def main() -> int:
    """Write the file, or with --check say whether it is fresh."""
    if sys.argv[1:] != ["--check"]:
        POT.parent.mkdir(exist_ok=True)
        POT.write_text(pot())
        return 0
    if POT.exists() and POT.read_text() == pot():
        return 0
    sys.stderr.write("wordpress_plugin/languages/projectionist.pot is stale: make plugin-files writes it anew\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
