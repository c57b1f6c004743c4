"""`python -m dev.salon_week`: a week of three salons is posted, some of it lost; two ledgers and the books are compared."""
