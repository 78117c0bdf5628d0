"""The world around people: places, light and weather, things, passers-by."""
