"""Networks that see images for the metrics."""
