"""Write ``grader/engine/sandbox/worker/system_calls.py`` from the kernel's tables.

    pip install system-calls
    python tests/grader/sandbox/generate_system_calls.py

https://pypi.org/project/system-calls carries the tables of the Linux source. The tests compare the
result with a second copy of them, the one of libseccomp.
"""

import textwrap
from pathlib import Path

import grader

FILE = Path(grader.__file__).parent / "engine" / "sandbox" / "worker" / "system_calls.py"
#: What this table and Python's ``platform.machine`` call the architectures.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
TEXT = '''"""The numbers of Linux's system calls by architecture: generated, do not edit.

Made by ``tests/grader/sandbox/generate_system_calls.py`` from system-calls {package}
(Linux {linux}).
"""

MACHINES = ({machines})
#: Each name with its numbers on these machines, "-" where there is no such call.
TABLE = """
{table}
"""
_ENTRIES = [entry.split(":") for entry in TABLE.split()]
NUMBERS = {{
    machine: {{entry[0]: int(entry[place]) for entry in _ENTRIES if entry[place] != "-"}}
    for place, machine in enumerate(MACHINES, start=1)
}}
'''


def main() -> None:
    """Write the table of every architecture."""
    from importlib.metadata import version

    import system_calls

    table = system_calls.syscalls()
    calls = {
        name: [_number(table, name, column) for column in ARCHITECTURES.values()]
        for name in table.names()
    }
    entries = [
        ":".join([name, *("-" if number is None else str(number) for number in numbers)])
        for name, numbers in sorted(calls.items())
        if any(number is not None for number in numbers)
    ]
    text = TEXT.format(
        package=version("system-calls"),
        linux=table.linux_version,
        machines=", ".join(f'"{machine}"' for machine in ARCHITECTURES),
        table=textwrap.fill(" ".join(entries), 100, break_on_hyphens=False),
    )
    FILE.write_text(text, encoding="utf-8")


def _number(table: object, name: str, column: str) -> int | None:
    import system_calls

    try:
        return table.get(name, column)
    except (system_calls.NoSuchSystemCall, system_calls.NotSupportedSystemCall):
        return None


if __name__ == "__main__":
    main()
