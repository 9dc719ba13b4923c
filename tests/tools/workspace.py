# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places, interpreters and environments that the other tools share. Standard library only: `make clean` runs it with any Python."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "pelion.device_management"

# These would change what is tested, or point a test at a real account.
_FOREIGN = re.compile(r"ANSIBLE_|GALAXY_IMPORTER_|GIT_|MBED_CLOUD_SDK_|MOLECULE_|PELION_(?!SPEC_DIR$)|PYTHON|VIRTUAL_ENV$|XDG_")


def scratch() -> Path:
    """A private folder outside of the clone that belongs to this clone.

    ansible-test below a folder that git ignores finds no files, tests nothing and passes; so its copies live here.
    """
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()).resolve() / f"pelion-device-management-{os.getuid()}-{name}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid() or path.is_symlink():
        raise SystemExit(f"{path} belongs to somebody else; set TMPDIR to another folder.")
    return path


@functools.cache
def interpreters() -> dict[str, Path]:
    """The real interpreters on this machine by version ("3.12"), each one tried: pyenv's shims exist for versions that do not answer."""
    folders = os.environ["PATH"].split(os.pathsep)
    # Behind a folder of shims lie the versions; with another HOME that is the only way to them.
    folders += [str(path) for folder in folders if Path(folder).name == "shims" for path in Path(folder).parent.glob("versions/*/bin")]
    folders += [str(path) for path in Path.home().glob(".pyenv/versions/*/bin")]
    found = {}
    for version in (f"3.{minor}" for minor in range(9, 15)):
        candidates = (shutil.which(f"python{version}", path=folder) for folder in folders)
        real = next((path for path in (_real(candidate, version) for candidate in candidates if candidate) if path), None)
        if real:
            found[version] = real
    return found


def _real(candidate: str, version: str) -> Path | None:
    code = "import os, sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2], os.path.realpath(sys.executable))"
    answer = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
    reported, separator, path = answer.stdout.strip().partition(" ")
    return Path(path) if separator and reported == version else None


def environment(home: Path, path: Sequence[Path] = (ROOT / ".venv/bin",), extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without what would change a test's outcome, with a HOME of its own and `path` first on PATH."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    # With another HOME pyenv's shims know no version, and end with exit status 127.
    search = [*map(str, path), *(folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder).name != "shims")]
    kept.update(HOME=str(home), PATH=os.pathsep.join(search), PYTHONDONTWRITEBYTECODE="1", **(extra or {}))
    return kept


def install_copy(place: Path, galaxy: Path, env: dict[str, str]) -> Path:
    """Install the clone below `place` as a user would, from scratch, and return the collection's folder there.

    This proves `build_ignore` too. Without --force ansible-galaxy finds the collection "already installed" through .dev, does
    nothing and exits 0.
    """
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(
        [galaxy, "collection", "install", str(ROOT), "-p", str(place), "--force", "--offline"],
        check=True,
        env={**env, "ANSIBLE_COLLECTIONS_PATH": str(place)},
        cwd=place.parent,
        stdout=subprocess.DEVNULL,
    )
    copy = place / "ansible_collections" / COLLECTION.replace(".", "/")
    if not (copy / "MANIFEST.json").is_file():
        raise SystemExit(f"ansible-galaxy exited with 0, but installed nothing in {copy}")
    return copy


if __name__ == "__main__":
    print(scratch())
