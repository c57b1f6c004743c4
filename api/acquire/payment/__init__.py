"""Taking a payment at the desk: what was typed, checked and stored."""
