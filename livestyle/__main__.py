"""`python -m livestyle`: the command line, also where its script is not on the PATH."""

from livestyle.cli.main import main

main()
