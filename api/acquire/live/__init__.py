"""Tells pages that are open what has changed, by one stream of server-sent events for each."""
