"""What `watch` is made of: who made a tensor, whose step a gradient belongs to, which game is played, and what it says."""
