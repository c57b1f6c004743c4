"""A month of three cashboxes in minutes, on a clock that is moved by hand: every shift, Z-report and difference."""
