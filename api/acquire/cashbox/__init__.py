"""Orders of a cashbox what is no receipt: reports, cash put into the drawer and taken out."""
