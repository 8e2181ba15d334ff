"""Conditions: what of a list is meant, as a tree of rows. What they mean is here, and nowhere else: `tree.py` is
their shape, `parameters.py` what they are about, `operators.py` how it is compared, `judging.py` the answer."""
