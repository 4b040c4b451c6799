"""Where painted frames go: window, recordings, virtual cameras."""
