"""Items, their immutable versions and the articles they rest on."""
