"""From draft to approval, by two different people."""
