"""Assignment rules: who is given a seat of what without anybody asking, and what follows when they belong no more."""
