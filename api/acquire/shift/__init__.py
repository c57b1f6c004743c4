"""The shift of each register: what it took, what is in its drawer, and how it is closed after its cash was counted."""
