"""The live stage: what moves on a page, drawn by the browser from frames that come over a socket of its own."""
