# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes one JSON line a task into the file that RECORDER_FILE names: its name, when it ran, and its whole result."""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: recorder
type: aggregate
short_description: Write every task's result into a file
description:
  - One JSON line a task, with its name, its result, and the seconds since 1970 at which it began and ended.
author:
  - Contributors to the pelion.device_management collection
options: {}
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recorder"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.begun = time.time()

    def v2_runner_on_ok(self, result):
        self._record(result, failed=False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._record(result, failed=True)

    def _record(self, result, failed):
        # Since ansible-core 2.19 the attributes are public.
        task = getattr(result, "task", None) or result._task
        content = result.result if hasattr(result, "result") else result._result
        line = {"name": task.get_name(), "begun": self.begun, "ended": time.time(), "failed": failed, "result": content}
        with open(os.environ["RECORDER_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")
