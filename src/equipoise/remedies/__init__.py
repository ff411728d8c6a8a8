"""What treats what: one declared cure a file, and the autopilot that tries them."""
