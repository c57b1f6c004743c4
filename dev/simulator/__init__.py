"""Webkassa and Altegio as real HTTP servers. What they share lies here: a request comes in, a fault ordered in advance
may meet it, the vendor's own code answers it, the journal keeps it, and the control API under /_sim arranges all that.
"""
