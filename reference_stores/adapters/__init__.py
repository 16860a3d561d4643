"""Bridges between the reference stores and other libraries' stores; each module is imported with what it bridges to."""
