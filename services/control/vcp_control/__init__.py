"""The control API: HTTP for whoever touches a charge point or looks at it. Knows contracts and plumbing only."""
