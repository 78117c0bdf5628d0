"""People in three dimensions: bodies, clothes, the world around them, the cameras that see them."""
