"""The app's own code beside the pages: the only other place that imports streamlit."""
