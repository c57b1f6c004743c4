"""Turns checked webhooks into committed rows: gathered into batches, written by one statement, handed to the queue."""
