"""What the shop does, on sessions that it is given."""
