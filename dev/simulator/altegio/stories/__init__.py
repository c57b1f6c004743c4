"""What happens in a salon, each story with what it wants of receipts. The wants are those of the law, not of the service."""
