"""Where frames come from: cameras, files, network streams, the demo."""

from livestyle.sources.opening import SourceOptions, open_source

__all__ = ["SourceOptions", "open_source"]
