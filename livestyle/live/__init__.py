"""The live pipeline: capture, paint and show in threads of their own."""
