"""Shows a receipt to its customer, and prints it as the register does.

In comes an issued receipt with what Webkassa told of it; out go the page behind the customer's link and sheets of paper.
"""
