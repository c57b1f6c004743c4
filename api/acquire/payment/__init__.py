"""Takes a payment at the desk: reads what was typed, checks it and stores it."""
