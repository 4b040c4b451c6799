"""What is drawn on the live window, and what its keys do."""
