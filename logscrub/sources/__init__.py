"""Reads inputs: files, folders and standard input, compressed or not, and decodes the text in them."""
