"""The lessons run, and the book made of what they left; the learner's own copies."""
