"""Detection: detectors (data), the engine that runs them, field evidence, decodings, names."""
