"""The patterns that a network can learn: what is painted where a photo is flat."""

PATTERNS = {"swirls": 0.16, "waves": 0.16, "swell": 0.2}
"""Relief by name: how much lighter and darker a pattern is than what it is painted on, 0 to 1."""
