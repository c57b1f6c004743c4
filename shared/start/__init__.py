"""What a process is asked before it starts to work."""
