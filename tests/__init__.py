"""The tests. A package, so that none of the same name in somebody else's distribution is taken for it."""
