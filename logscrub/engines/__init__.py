"""The compiled engine: what it is told at its start (`description`), and how patterns are handed to it (`lowering`)."""
