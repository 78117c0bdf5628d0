"""The two domains: what a picture of each shows, and how one picture is put together."""
