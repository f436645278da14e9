"""Word documents (extra ``word``): one layout for all of them, and the documents themselves."""
