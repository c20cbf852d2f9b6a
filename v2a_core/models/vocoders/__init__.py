"""Vocoders that several families share."""
