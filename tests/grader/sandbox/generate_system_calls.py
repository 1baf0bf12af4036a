"""Write ``grader/engine/sandbox/worker/system_calls.py`` from the kernel's tables.

    pip install system-calls
    python tests/grader/sandbox/generate_system_calls.py

https://pypi.org/project/system-calls carries the tables of the Linux source. The tests compare the
result with a second copy of them, the one of libseccomp.
"""

import textwrap
from pathlib import Path

import grader

TABLE = Path(grader.__file__).parent / "engine" / "sandbox" / "worker" / "system_calls.py"
#: What this table and Python's ``platform.machine`` call the architectures.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
HEADER = '''"""The numbers of Linux's system calls by architecture: generated, do not edit.

Made by ``tests/grader/sandbox/generate_system_calls.py`` from system-calls {package}
(Linux {linux}).
"""

# fmt: off
'''


def main() -> None:
    """Write the table of every architecture."""
    from importlib.metadata import version

    import system_calls

    table = system_calls.syscalls()
    text = HEADER.format(package=version("system-calls"), linux=table.linux_version)
    for machine, column in ARCHITECTURES.items():
        numbers = {name: _number(table, name, column) for name in table.names()}
        present = {name: number for name, number in numbers.items() if number is not None}
        entries = (f'"{name}":_{number},' for name, number in sorted(present.items(), key=_value))
        lines = textwrap.fill(
            " ".join(entries), 96, initial_indent=" " * 4, subsequent_indent=" " * 4
        )
        text += f"{machine.upper()} = {{\n{lines.replace(':_', ': ')}\n}}\n"
    names = ", ".join(f'"{machine}": {machine.upper()}' for machine in ARCHITECTURES)
    TABLE.write_text(f"{text}NUMBERS = {{{names}}}\n", encoding="utf-8")


def _number(table: object, name: str, column: str) -> int | None:
    import system_calls

    try:
        return table.get(name, column)
    except (system_calls.NoSuchSystemCall, system_calls.NotSupportedSystemCall):
        return None


def _value(entry: tuple[str, int]) -> int:
    return entry[1]


if __name__ == "__main__":
    main()
