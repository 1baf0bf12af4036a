"""Run a student's code where it can do no harm, and bring back nothing but data.

The process that knows the answers never runs a student's line, and the process that runs them
knows nothing. For the code that judges, this is all there is to know::

    setup = WorkerSetup(adapter=Path("adapter.py"), calls=Path("calls.py"), preload=("torch",))
    with ForkServer(setup) as server:                # packages are imported once, here
        server.mode                                  # "bubblewrap", "fallback" or "none"
        server.layers                                # what is active, for the report
        server.isolated                              # False: only public tests should run
        with server.open({"fit.py": b"..."}) as session:
            reply = session.run({"function": "slope"}, {"x": np.zeros(3)}, Limits(cpu=5))
            reply.status, reply.result, reply.arrays, reply.error, reply.sentence

What one request is
-------------------
``Session.run(program, arrays, limits)`` executes, in a process of its own that is thrown away
afterwards, ``execute(program, arrays, submission)`` of ``WorkerSetup.calls``:

- ``program``: any JSON object; ``arrays``: names to numpy arrays;
- ``submission``: a ``pathlib.Path`` to a folder with the student's files, importable under its name
  (``WorkerSetup.package``). It comes last on ``sys.path``, so that a ``torch.py`` among the files
  shadows nothing. It may be written to; all of it is thrown away;
- it returns ``(result, arrays)``: a JSON object and numpy arrays, as many and of such dtypes and
  dimensions as :mod:`grader.engine.sandbox.worker.framing` allows;
- whatever it raises, ``SystemExit`` and ``KeyboardInterrupt`` too, becomes ``status="raised"``
  with the student's own frames.

``calls`` and the assignment's ``adapter`` are all that a worker sees beside its own files, as
modules of these names: they may import the standard library, numpy, the packages of
``WorkerSetup.preload`` and the submission, and nothing of ``grader``. They are imported once,
before any student's line. In mode ``none`` one process serves all requests of one session.

What comes back
---------------
``Reply.status`` is one of

==============  ==============================================================================
``ok``          ``result`` and ``arrays`` hold what ``execute`` returned
``raised``      ``error`` is a :class:`StudentError`: type, message and the student's frames
``cpu``         the processor time ran out
``timeout``     the wall clock ran out, which takes code that waits
``memory``      it needed more memory than allowed
``killed``      a signal ended it (a segmentation fault, the student's own ``kill``), or it
                printed or wrote more than allowed
``exited``      the process ended without an answer (``os._exit``)
``malformed``   the answer was not one well-formed message: forged, doubled, too large
==============  ==============================================================================

``Reply.sentence`` is one line, fit for a student, about what happened (empty when ``ok``), with
the line that the student's code was at, also when its time was up (``Reply.stopped_at``).
``Reply.output`` is the tail of what the student printed: for instructors only. ``Reply.cpu`` and
``Reply.seconds`` are measured from outside.

A reply is a *claim of the submission*, never more. The student's code shares its process with
the code that writes the reply and can forge any of it, so judge it by comparison with values
that the worker was never given, and do not put expected values, points or test names into
``program``. Everything in a reply has been bounded and cleaned (types, sizes, control
characters, invalid Unicode), but its meaning has not: a key may be missing, a number may be NaN,
an array may have any shape.

Nothing a submission does makes ``run`` raise. What does raise, :class:`IsolationError`, is the
grader's own fault or the machine's, and its text says what to do about it.

``GRADER_ISOLATION=bubblewrap|fallback|none`` or ``ForkServer(..., mode)`` insists on one mode;
without it the strongest that works here is taken.
"""

from grader.engine.replies import IsolationError, Reply, StudentError, TracebackLine
from grader.engine.sandbox.fork_server import ForkServer
from grader.engine.sandbox.interpreter import WorkerSetup
from grader.engine.sandbox.limits import WALL_PER_CPU, Limits
from grader.engine.sandbox.session import Session

__all__ = [
    "WALL_PER_CPU",
    "ForkServer",
    "IsolationError",
    "Limits",
    "Reply",
    "Session",
    "StudentError",
    "TracebackLine",
    "WorkerSetup",
]
