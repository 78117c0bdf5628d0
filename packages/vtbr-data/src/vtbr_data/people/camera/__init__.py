"""The camera: triangles to light (z-buffer, shading, ground and walls), light to pixels (lens, sensor)."""
