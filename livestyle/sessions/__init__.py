"""A live session, recorded and rendered again."""
