"""`python -m dev.model`: no order of events makes two receipts, or none; and each guard is needed, as a story shows."""

import sys

from dev.model.explore import Finding, explore
from dev.model.protocol import GUARDS, Protocol

SCOPES = ("shift", "cashbox")


def find_need(guard: str) -> tuple[str, Finding]:
    """Returns what happens without a guard, and per what numbers are unique then; without a fault where it is not needed."""
    findings = ((scope, explore(Protocol(scope, guard))) for scope in SCOPES)
    return next((one for one in findings if one[1].fault), (SCOPES[-1], Finding(0)))


def main() -> int:
    """Prints what was explored and every story; returns 1 if the protocol fails or a guard turns out useless."""
    whole = [(scope, explore(Protocol(scope))) for scope in SCOPES]
    for scope, finding in whole:
        well = "one receipt in the end, never two"
        print(f"numbers unique per {scope}: {finding.states} states, {finding.fault or well}", *finding.story, sep="\n  ")
    needs = {guard: find_need(guard) for guard in GUARDS}
    for guard, (scope, finding) in needs.items():
        print(f"\nwithout “{guard}” ({GUARDS[guard]}), unique per {scope}: {finding.fault or 'NOTHING HAPPENS'}")
        print(*(f"  {number:2}. {step}" for number, step in enumerate(finding.story, 1)), sep="\n")
    is_good = not any(finding.fault for _, finding in whole) and all(finding.fault for _, finding in needs.values())
    print("\nGOOD" if is_good else "\nBAD")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
