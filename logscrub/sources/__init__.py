"""Where bytes come from: files, folders, standard input; compressed or not; and the text in them."""
