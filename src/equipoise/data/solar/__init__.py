"""Solar radio bursts from first principles: the corona, what an exciter emits in it, and what a receiver makes of that."""
