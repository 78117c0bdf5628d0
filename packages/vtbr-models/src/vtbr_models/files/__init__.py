"""Files that commands read and write: manifests and outputs."""
