"""The checks, one rule a file. `roster.py` lists them."""
