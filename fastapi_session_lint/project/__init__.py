"""What modules say together: imports followed, values known, calls summarised."""
