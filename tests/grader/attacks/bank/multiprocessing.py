"""Starts a pool of processes."""

import multiprocessing
import time

multiprocessing.Pool(4).map(time.sleep, [60] * 4)
