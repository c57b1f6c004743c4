"""Measures in trouble: an outage, a sick register, a full broker or none, a silent database, late joiners."""
