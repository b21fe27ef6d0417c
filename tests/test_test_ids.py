"""The ids of tests are the same in every process, else xdist's workers, which compare them, stop the run."""

import pytest


@pytest.mark.parametrize("content", [b"x" * 17, "x" * 101])
def test_long_content_is_numbered(request: pytest.FixtureRequest, content: object):
    assert request.node.name.partition("[")[2] in ("content0]", "content1]")
