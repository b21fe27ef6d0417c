"""The frame around every page, and the life of the server process."""
