"""Train the networks of the library, each from one recipe file; headless, and never imported by the library."""
