"""The Train page: presets, the form, starting, controls, live settings."""
