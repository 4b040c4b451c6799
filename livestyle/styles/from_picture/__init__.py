"""Any picture as a style: predicted in a second, and written as a style like any other."""
