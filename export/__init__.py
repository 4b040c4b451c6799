"""Trained networks leave as files for other programs; every one is compared with its origin."""
