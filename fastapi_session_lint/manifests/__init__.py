"""What the project under check says about the releases it runs on, in the files that declare and lock dependencies."""
