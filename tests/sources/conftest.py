"""Closes the sources, cameras and servers that a test opened."""

from collections.abc import Iterator

import pytest
from opened import Opened


@pytest.fixture
def opened() -> Iterator[Opened]:
    things = Opened()
    yield things
    things.close()
