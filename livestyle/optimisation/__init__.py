"""One picture at a time, by optimisation: slow, and the best there is for a single pair."""
