"""Says what the payment page says, in three languages, and gives its advice for every trouble."""
