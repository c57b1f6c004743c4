"""What makes a check request valid, and what it adds up to. Pure: no state, no clock."""
