"""`python -m dev.deploy.audit`: known vulnerabilities of the pinned packages, and the age of the public images.

Exit code 1 when there are vulnerabilities, or an image is older than 120 days. That nobody could be asked is said in plain
words, and is no failure. `--packages` leaves the images out.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dev.demo import processes
from dev.deploy.images import report_ages
from dev.deploy.lock import ALL
from dev.deploy.tools import find_tool, prepare_tools

NOT_AUDITED = "NOT AUDITED: the packages were not looked up. Run this where the vulnerability service can be reached."


def find_dependencies() -> list[dict[str, Any]] | None:
    """What pip-audit tells of each package; None when it could not work."""
    command = [str(find_tool("pip-audit")), "-r", str(ALL), "--require-hashes", "--disable-pip"]
    done = processes.run([*command, "--format", "json", "--progress-spinner", "off"])
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        print(done.stderr.strip()[-500:], file=sys.stderr)
        return None


def report_vulnerabilities() -> bool:
    """Prints them, and says whether there are none."""
    dependencies = find_dependencies() if prepare_tools() else None
    looked_up = [package for package in dependencies or [] if "skip_reason" not in package]
    if not looked_up:
        print(NOT_AUDITED)
        return True
    found = [(package, fault) for package in looked_up for fault in package["vulns"]]
    for package, fault in found:
        fixed = ", ".join(fault["fix_versions"]) or "none"
        print(f"{package['name']} {package['version']}: {fault['id']}, fixed in {fixed}")
    print(f"{len(looked_up)} of {len(dependencies or [])} packages looked up, {len(found)} vulnerabilities")
    return not found


def main(options: Sequence[str]) -> int:
    parts = [report_vulnerabilities()]
    if "--packages" not in options:
        parts.append(report_ages(datetime.now(UTC).date()))
    return 0 if all(parts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
