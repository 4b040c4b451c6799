"""Commands in messages, as they are typed into a shell."""

import shlex


def typed(*words: object) -> str:
    """A livestyle command, quoted for a shell."""
    return shlex.join(["livestyle", *map(str, words)])
