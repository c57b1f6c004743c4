"""Posts the webhooks of a salon's day to an address, in the shapes Altegio really sends."""
