"""What a style is: its card, its files, packs of them, and where they are found."""
