"""Run a student's code where it can do no harm, and bring back nothing but data.

The process that knows the answers never runs a student's line, and the process that runs them
knows nothing. For the code that judges, this is all there is to know::

    from grader.engine.intake import read_submission
    from grader.engine.sandbox import ForkServer, Limits

    with ForkServer() as server:                     # torch is imported once, here
        server.mode                                  # "bubblewrap", "fallback" or "plain"
        server.layers                                # what is active, for the report
        server.isolated                              # False: only public tests should run
        with server.open(read_submission(path)) as session:
            step = {"do": "call", "function": "loss.bpr_loss", "args": ["positive", "negative"]}
            arrays = {"positive": np.zeros(3), "negative": np.ones(3)}
            reply = session.run({"steps": [step]}, arrays, Limits(wall=5))
            reply.status, reply.result, reply.arrays, reply.error, reply.sentence

What one request is
-------------------
``Session.run(program, arrays, limits)`` executes, in a process of its own that is thrown away
afterwards, ``execute(program, arrays, submission)`` of ``grader/engine/calls.py``:

- ``program``: any JSON object; ``arrays``: names to numpy arrays;
- ``submission``: a ``pathlib.Path`` to a folder *named* ``submission`` with the student's files.
  Its parent is the last entry of ``sys.path`` and the working directory, so
  ``importlib.import_module("submission.model")`` finds the student's module, and a ``torch.py``
  among the student's files shadows nothing. It may be written to; all of it is thrown away;
- it returns ``(result, arrays)``: a JSON object and a dict of numpy arrays, of the dtypes in
  :data:`grader.engine.sandbox.worker.framing.DTYPES` (booleans, integers, floats and complex up to
  8 bytes a part; convert bfloat16 yourself), at most 256 of them and 8 dimensions;
- whatever it raises, ``SystemExit`` and ``KeyboardInterrupt`` too, becomes ``status="raised"``
  with the student's own frames.

``grader/engine/calls.py`` and the assignment's adapter are all that a worker sees beside its own
files, as modules named ``calls`` and ``adapter``: they may import the standard library, numpy,
torch and the submission, and nothing of ``grader``. They are imported once, before any student's
line.

In mode ``plain`` one process serves all requests of one session, because importing torch for each
would take minutes; a module once imported stays imported there.

What comes back
---------------
``Reply.status`` is one of

==============  ==============================================================================
``ok``          ``result`` and ``arrays`` hold what ``execute`` returned
``raised``      ``error`` is a :class:`StudentError`: type, message and the student's frames
``timeout``     the wall clock ran out
``cpu``         the processor time ran out
``memory``      it needed more memory than allowed
``killed``      a signal ended it (a segmentation fault, the student's own ``kill``), or it
                printed or wrote more than allowed
``exited``      the process ended without an answer (``os._exit``)
``malformed``   the answer was not one well-formed frame: forged, doubled, too large
==============  ==============================================================================

``Reply.sentence`` says in one line, fit for a student, what happened (empty when ``ok``).
``Reply.output`` is the tail of what the student printed: for instructors only.

A reply is a *claim of the submission*, never more. The student's code shares its process with
the code that writes the reply and can forge any of it, so judge it by comparison with values
that the worker was never given, and do not put expected values, points or test names into
``program``. Everything in a reply has been bounded and cleaned (types, sizes, control
characters, invalid Unicode), but its meaning has not: a key may be missing, a number may be NaN,
an array may have any shape.

Nothing a submission does makes ``run`` raise. What does raise, :class:`IsolationError`, is the
grader's own fault or the machine's, and its text says what to do about it.

``GRADER_ISOLATION=bubblewrap|fallback|plain`` or ``ForkServer(mode=...)`` insists on one mode;
without it the strongest that works here is taken.
"""

from grader.engine.replies import Frame, IsolationError, Reply, StudentError
from grader.engine.sandbox.forkserver import ForkServer
from grader.engine.sandbox.interpreter import WorkerSetup
from grader.engine.sandbox.limits import Limits
from grader.engine.sandbox.session import Session

__all__ = [
    "ForkServer",
    "Frame",
    "IsolationError",
    "Limits",
    "Reply",
    "Session",
    "StudentError",
    "WorkerSetup",
]
