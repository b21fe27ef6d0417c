"""The HTTP routes, and the workers behind them. It imports no Streamlit."""
