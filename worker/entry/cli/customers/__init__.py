"""Commands about customers and the messages that bring them their receipts."""
