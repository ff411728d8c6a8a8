"""How good samples are: a run, a folder or a file of arrays, measured against data through an encoder's eyes."""
