"""One file a domain: its declarations, and what gathers their rows. Page files do not import each other."""
