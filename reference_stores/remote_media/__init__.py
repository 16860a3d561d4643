"""What a RemoteStore keeps its values on: one module for each kind of file system that is handled in a way of its own."""
