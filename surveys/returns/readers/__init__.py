"""One module per source of returns: each recognises the files of its product and names their columns."""
