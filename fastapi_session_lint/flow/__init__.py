"""What can happen to each session on every path of a function, and the path that shows it."""
