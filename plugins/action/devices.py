# Copyright (c) 2026, Contributors to the pelion.device_management collection
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module as always, and shows how far it is while it runs.

It stands before every module with long work: ``plugin_routing`` in meta/runtime.yml says which. It has the name of one of them, since
ansible-test wants each action plugin to be documented by a module.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

from ansible import constants
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display
from ansible_collections.pelion.device_management.plugins.module_utils.progress import VARIABLE
from ansible_collections.pelion.device_management.plugins.plugin_utils.progress import Watch

display = Display()


class ActionModule(NormalAction):
    """The result is the module's; the option ``progress`` is the module's too, which then tells nothing."""

    def run(self, tmp=None, task_vars=None):
        """Run the module."""
        with self._watched((task_vars or {}).get("inventory_hostname", "")):
            return super().run(tmp, task_vars)

    def _visible(self):
        """Whether the module's file can be read here while it runs, and may be shown."""
        task, connection = self._task, self._connection
        here = connection.transport == "local" and connection.become is None
        return here and not (task.check_mode or task.async_val or task.no_log)

    @contextlib.contextmanager
    def _watched(self, host):
        """Show what the module tells in a file, whose path it gets in its environment: no option, so results do not show it."""
        try:
            # Ansible removes this folder at its end, also when it is interrupted and this process dies.
            folder = tempfile.mkdtemp(prefix="pelion-progress-", dir=constants.DEFAULT_LOCAL_TMP) if self._visible() else None
        except OSError:
            folder = None
        if folder is None:
            yield
            return
        task, path = self._task, os.path.join(folder, "progress")
        environment = task.environment
        task.environment = [*environment, {VARIABLE: path}]
        name = f"{task.action.rpartition('.')[2]} ({host})"
        # On standard output it would get in between what callbacks print there, such as JSON.
        watch = Watch(path, lambda line: display.display(f"{name}: {line}", stderr=True))
        watch.start()
        try:
            yield
        finally:
            watch.stop()
            task.environment = environment
            shutil.rmtree(folder, ignore_errors=True)
