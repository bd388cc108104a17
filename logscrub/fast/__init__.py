"""The fast engine: the same output as the plain one, by judging what comes again once."""
