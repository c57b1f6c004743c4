"""Leads a manager through the five steps until the first receipt, each with a test."""
