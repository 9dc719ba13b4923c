# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the documentation site of all modules, plugins and roles in `.build/docs`, with nothing from the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import workspace

# After what sphinx-init wrote: nothing of other projects is fetched, so references into them, such as to settings of Ansible, stay text.
OFFLINE = """
intersphinx_mapping = {}
nitpicky = False
suppress_warnings = ["ref.ref", "ref.envvar"]
"""


def main() -> int:
    source = workspace.ROOT / ".build/docsite"
    site = workspace.ROOT / ".build/docs"
    for place in (source, site):
        shutil.rmtree(place, ignore_errors=True)
    source.mkdir(parents=True)
    env = workspace.environment(
        workspace.scratch() / "home-docs", extra={"ANSIBLE_COLLECTIONS_PATH": str(workspace.ROOT / ".dev"), "LC_ALL": "C.UTF-8"}
    )

    def run(tool: str, *arguments: str | Path) -> None:
        subprocess.run([workspace.ROOT / ".venv/bin" / tool, *arguments], check=True, cwd=source, env=env, stdin=subprocess.DEVNULL)

    title = f"{workspace.COLLECTION} documentation"
    names = ["--project", workspace.COLLECTION, "--title", title, "--copyright", f"Contributors to the {workspace.COLLECTION} collection"]
    common = ["--use-current", "--squash-hierarchy", "--dest-dir"]
    run("antsibull-docs", "sphinx-init", *common, ".", *names, workspace.COLLECTION)
    with (source / "conf.py").open("a", encoding="utf-8") as stream:
        stream.write(OFFLINE)
    pages = source / "rst"
    # antsibull-docs insists on this.
    pages.chmod(0o755)
    collection = ["--config-file", "antsibull-docs.cfg", "collection", "--fail-on-error", "--cleanup", "everything"]
    run("antsibull-docs", *collection, *common, "rst", workspace.COLLECTION)
    run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "-c", ".", "rst", str(site))
    wanted = [f"{path.stem}_{kind}.html" for kind in ("module", "inventory") for path in _plugins(kind)]
    missing = [page for page in wanted if not (site / page).is_file()]
    if missing or not wanted:
        print(f"The site lacks {', '.join(missing) or 'every page'}.")
        return 1
    print(f"{len(wanted)} pages; start at {site.relative_to(workspace.ROOT)}/index.html")
    return 0


def _plugins(kind: str) -> list[Path]:
    folder = {"module": "modules"}.get(kind, kind)
    return sorted(path for path in (workspace.ROOT / "plugins" / folder).glob("*.py") if path.name != "__init__.py")


if __name__ == "__main__":
    sys.exit(main())
