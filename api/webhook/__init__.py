"""Takes Altegio's webhooks: checked, stored, committed, acknowledged; handed to the workers off the answer's path."""
