"""Puts a page together: templates, assets, cookies."""
