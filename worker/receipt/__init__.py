"""Builds what a document says: lines, discounts, taxes, and the body of Webkassa's request. Pure.

In: records, goods and money as Altegio tells of them. Out: drafts that add up to the tiyn, and requests ready to be stored.
"""
