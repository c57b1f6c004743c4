"""Says in plain words what the tables of the wire hold: reasons of decisions, states, calls and their outcomes."""
