"""What rules ask of the linked project, one subject a module: each answer is a value, and says nothing of codes."""
