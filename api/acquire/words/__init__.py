"""What the payment page says, in three languages, and its advice for every trouble."""
