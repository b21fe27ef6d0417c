"""Parts that several pages use: access, commands, errors, tables, run entries, the live view. It knows no page."""
