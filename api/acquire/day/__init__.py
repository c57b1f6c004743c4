"""The day of a manager: takings beside other days, hours, ways of payment, returns, specialists; do the books agree?"""
