"""The patterns that a network can learn: what is painted where a photo is flat."""

PATTERNS = {"swirls": 0.0, "waves": 0.0, "swell": 0.0, "shapes": 0.85}
"""By name, how much of the colour that it is painted on a pattern hides, 0 to 1."""
