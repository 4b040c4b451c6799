"""What is installed, what really runs and what is wrong here, each problem with its fix."""
