"""What earlier runs found out, kept in a folder beside the project; a checkout may bring it, so it is never trusted."""
