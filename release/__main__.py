from release.command import main

main(prog_name="python -m release")
