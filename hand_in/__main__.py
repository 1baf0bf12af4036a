"""``python -m hand_in``."""

from hand_in.command import main

main(prog_name="python -m hand_in")
