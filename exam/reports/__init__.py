"""Pass rates by named definitions, and the check of published claims against them."""
