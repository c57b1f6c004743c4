"""What somebody new finds in the demo: two accounts, and a morning's work at the desk."""
