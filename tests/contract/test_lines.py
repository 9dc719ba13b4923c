# Copyright (c) 2026, Contributors to the pelion.device_management collection
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lines` counts what is code and nothing else, and fails above its limits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import lines

MODULE = '''\
#!/usr/bin/python
# A comment.
"""What it is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: x
options: {}
"""

EXAMPLES = """
- x:
"""
RETURN = r""" """

import os

NAME = "one"  # why
TEXT = """two

lines and a blank one"""


class X(
    object,
):
    """What a class is."""

    def work(self):
        """What it does.

        At length.
        """
        # Why.
        return os.path.join(
            "a",

            "b",
        )


if __name__ == "__main__":
    X().work()
'''


def test_what_counts() -> None:
    # __future__, os, NAME, TEXT 3, class 3, def, return 4, if, call
    assert lines.code_lines(MODULE) == 1 + 1 + 1 + 3 + 3 + 1 + 4 + 1 + 1


def test_an_empty_file_has_none() -> None:
    assert lines.code_lines('"""Only words."""\n\n# And more.\n') == 0


def test_documents_are_not_counted_by_their_names_alone() -> None:
    assert lines.code_lines("DOCUMENTED = 1\nx.RETURN = 2\n") == 2


def test_the_report_within_its_limits() -> None:
    text, within = lines.report({"device": 26, "device_info": 8, "group": 12, "group_info": 3, "query": 25, "other_info": 30})
    assert within
    assert text.splitlines() == [
        "group          12",
        "query          25",
        "device         26",
        "group_info      3",
        "device_info     8",
        "other_info     30",
        "x: median 25, at most 25",
        "x_info: median 8, at most 8",
    ]


@pytest.mark.parametrize("counts", [{"device": 26}, {"device_info": 9}, {"device": 25, "query": 26}, {"device": 1, "device_info": 9}])
def test_above_a_limit(counts: dict[str, int]) -> None:
    assert not lines.report(counts)[1]


def test_the_tool_reads_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "device.py").write_text("a = 1\nb = 2\n", encoding="utf-8")
    (tmp_path / "device_info.py").write_text("a = 1\n" * 9, encoding="utf-8")
    assert lines.main(tmp_path) == 1
    assert capsys.readouterr().out == ("device          2\ndevice_info     9\nx: median 2, at most 25\nx_info: median 9, at most 8\n")
    (tmp_path / "device_info.py").write_text("a = 1\n" * 8, encoding="utf-8")
    assert lines.main(tmp_path) == 0


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="There are no modules in"):
        lines.main(tmp_path)
