"""Where raw bytes come from: which inputs there are, opening and decompressing them, turning them into text."""
