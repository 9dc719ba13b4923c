# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_times
type: aggregate
short_description: Writes how long each task took
description:
  - For the benchmarks. Appends one JSON line a task to the file that the environment variable TASK_TIMES names,
    with the seconds from the task's start until its result was there, and what it found.
requirements:
  - enable it
options: {}
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._begun = time.perf_counter()

    def v2_runner_on_ok(self, result):
        seconds = time.perf_counter() - self._begun
        found = result._result
        # `device` returns the object, `uri` the decoded answer. Nothing else gets into the file: the key is among the options.
        device = found.get("device") or found.get("json") or {}
        # What a loop did, and what `devices` changed.
        items = len(found.get("results") or found.get("changed_devices") or ())
        entry = {"task": result._task.get_name(), "seconds": seconds, "id": device.get("id"), "changed": found.get("changed")}
        entry["items"] = items
        with open(os.environ["TASK_TIMES"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
