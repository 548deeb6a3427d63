"""Two files of tests are run by pytest, in either order."""

from typing import Any

import pytest
from observing import say

ORDERS = (["test_name.py", "test_fake_name.py"], ["test_fake_name.py", "test_name.py"])


class Failures:
    """What pytest tells of tests that fail."""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            say(f"{report.location[2]}: {report.longrepr.reprcrash.message.splitlines()[0]}")


for files in ORDERS:
    pytest.main([*files, "--rootdir=.", "-p", "no:terminal", "-p", "no:cacheprovider"], plugins=[Failures()])
