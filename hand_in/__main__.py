"""``python -m hand_in``."""

from hand_in.command import main
from problem_set import replace_unprintable

replace_unprintable()
main(prog_name="python -m hand_in")
