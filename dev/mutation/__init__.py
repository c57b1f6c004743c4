"""Changes to the core that tests ought to notice: `make mutation`."""
