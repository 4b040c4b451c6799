"""Trained networks leave as files for other programs; every one is compared with its origin."""

MIN_FRAME_SIDE_PX = 7
"""Least height and width of the frame that an exported model takes by itself: its margin is
reflected from inside the frame. livestyle's own engines widen what is smaller."""
