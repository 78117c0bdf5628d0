"""Trained models at work: device, preprocessing, batches of pictures, the network."""
