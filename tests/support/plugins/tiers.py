"""The tier of a test: the folder it is in, cheapest first."""

TIERS = ("unit", "integration", "acceptance", "browser")


def find_tier(nodeid: str) -> str:
    """`unit` for what is in none of the folders, such as the trial tests of these plugins."""
    return next((part for part in nodeid.partition("::")[0].split("/") if part in TIERS), "unit")
