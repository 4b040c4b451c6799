"""livestyle: a webcam that paints.

The live path (sources, engines, pipeline, sinks) never imports torch; training and export do.
"""

__version__ = "0.1.0"
