"""Errors that are a message for a person, and no traceback of ours."""


class UserError(Exception):
    """An exception whose message says all; a notebook shows it without the traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]
