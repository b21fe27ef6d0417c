"""The Compare page: runs side by side, pairs with one difference."""
