"""What is measured upon: the webhook, work that waits, a past in the tables."""
