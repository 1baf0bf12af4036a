"""Changes nbgrader's gradebook."""

import sqlite3

for place in ("@REPOSITORY@", "@CURRENT@", "@HOME@"):
    try:
        sqlite3.connect(f"{place}/gradebook.db").execute("create table grade (score)")
    except (sqlite3.Error, OSError):
        pass
