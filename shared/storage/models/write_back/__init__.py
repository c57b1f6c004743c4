"""Work beside receipts that nobody waits for: what is written into Altegio, and what the operator is asked."""
