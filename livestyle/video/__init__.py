"""Where pixels come from and where they go to."""

from livestyle.video.sources import SourceOptions, open_source

__all__ = ["SourceOptions", "open_source"]
