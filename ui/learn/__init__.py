"""The Learn page: chapters, charts, figures."""
