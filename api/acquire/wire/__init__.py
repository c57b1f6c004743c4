"""The wire: every delivery of Altegio and what became of it, replays with a preview, and the health of the service."""
