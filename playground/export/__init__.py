"""What is taken home from a run: names of files, and the recording as one page that plays by itself."""
