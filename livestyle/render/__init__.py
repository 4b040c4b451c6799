"""One frame, painted: resized, smoothed over time, composited."""
