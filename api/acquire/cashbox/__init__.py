"""Orders for a cashbox: reports, cash put into the drawer and taken out."""
