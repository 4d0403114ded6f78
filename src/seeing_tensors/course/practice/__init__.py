"""The spec for a learner: exercises, files of answers, `check` and `prove` in a notebook, and pictures side by side."""
