"""What one module says: its names, and its statements in a small form that needs no libcst any more."""
