"""Slows the trusted process down."""

import os

for process in (int("@PARENT@"), os.getppid()):
    for change in (
        lambda: os.setpriority(os.PRIO_PROCESS, process, 19),
        lambda: os.sched_setaffinity(process, {0}),
        lambda: os.sched_setscheduler(process, os.SCHED_IDLE, os.sched_param(0)),
    ):
        try:
            change()
        except OSError:
            pass
