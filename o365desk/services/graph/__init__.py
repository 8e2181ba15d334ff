"""Graph's protocol: pages, batches, throttling, what an answer means."""
