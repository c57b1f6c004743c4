"""A run of pytest with several processes: what shares one, and what its end says."""

import re
import subprocess
import sys
from pathlib import Path

from dev.demo.children import ROOT

TRIAL = """
import os, pytest, time
from pathlib import Path

@pytest.mark.parametrize("number", range(6))
def test_of_many(number):
    time.sleep(0.01)
    with open(Path(__file__).with_suffix(".seen"), "a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)

def test_skipped():
    pytest.skip("a reason")

def test_failing():
    assert Path(__file__).stem != "test_two"
"""
CONFTEST = """
from tests.support.plugins.groups import Groups
from tests.support.plugins.summary import Summary

def pytest_configure(config):
    config.pluginmanager.register(Groups())
    config.pluginmanager.register(Summary())
"""


def test_no_file_runs_in_two_processes_and_the_end_says_what_happened(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    # Else the settings of whatever lies above the temporary folder.
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    names = ("one", "two", "three")
    for name in names:
        (tmp_path / f"test_{name}.py").write_text(TRIAL)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    for name in names:
        assert len(set((tmp_path / f"test_{name}.seen").read_text().split())) == 1
    assert re.search(r"^unit +20 +1 +3 ", done.stdout, re.MULTILINE), done.stdout
    assert "skipped, unit: 3 x a reason" in done.stdout
    assert re.search(r"^1 failed, 20 passed, 3 skipped in [\d.]+s", done.stdout.splitlines()[-1])
