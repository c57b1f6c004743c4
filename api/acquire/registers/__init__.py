"""Shows managers the registers of their salons, and has one tested."""
