"""Everything that needs the clone: the laws' machinery, practice, grading, the book, and the command.

The library never imports it. `seeing_tensors` serves `check`, `prove`, `answer` and `data_path` from here when they are
first used.
"""
