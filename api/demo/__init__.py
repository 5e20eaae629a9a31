"""A company that does not exist, for a first look: invented, seeded, and raised through the verbs people use."""
