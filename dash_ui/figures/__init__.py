"""Records in, plain figure dictionaries out."""
