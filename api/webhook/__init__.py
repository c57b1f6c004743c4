"""Webhooks of Altegio: checked, stored, committed, acknowledged; handed to the workers off the answer's path."""
