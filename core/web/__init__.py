"""What every page shares: access, errors, headers, forms and formatting."""
