# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the lines that show the progress come sooner, so that tests need not wait for them."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from ansible.plugins.callback import CallbackBase
from ansible_collections.pelion.device_management.plugins.plugin_utils import progress

DOCUMENTATION = r"""
name: impatient
type: aggregate
short_description: Show the progress of long work sooner
description:
  - The first line comes after 0.3 seconds, and so do the next ones.
  - Each takes as many seconds on its way to the main process as IMPATIENT_LINE says, by default none.
author:
  - Contributors to the pelion.device_management collection
options: {}
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "impatient"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        # The processes that run tasks are forked from this one.
        progress.FIRST = progress.EVERY = 0.3
        pause = float(os.environ.get("IMPATIENT_LINE", "0"))
        send = Connection.send_bytes

        def send_slowly(self, buf, *args):
            # Whoever sends has the lock of the queue.
            if b"DisplaySend" in bytes(buf):
                time.sleep(pause)
            send(self, buf, *args)

        if pause:
            Connection.send_bytes = send_slowly
