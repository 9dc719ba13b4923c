# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection's archive and runs Galaxy's own import checks on it; any error or warning fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import workspace


def main() -> int:
    place = workspace.scratch() / "importer"
    shutil.rmtree(place, ignore_errors=True)
    checks = {"GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true", "GALAXY_IMPORTER_CHECK_CHANGELOG": "true"}
    env = workspace.environment(place / "home", extra=checks)
    galaxy = workspace.ROOT / ".venv/bin/ansible-galaxy"
    subprocess.run([galaxy, "collection", "build", str(workspace.ROOT), "--output-path", str(place)], check=True, env=env, cwd=place)
    (archive,) = place.glob("*.tar.gz")
    print(f"{archive.name}: {os.path.getsize(archive):,} bytes", flush=True)
    answer = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(archive)],
        cwd=place,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(answer.stdout)
    complaints = [line for line in answer.stdout.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL)", line)]
    if answer.returncode or complaints or "Importer processing completed successfully" not in answer.stdout:
        print("\n".join(complaints) or "The importer did not finish.")
        return 1
    print("Importer processing completed successfully")
    return 0


if __name__ == "__main__":
    sys.exit(main())
