"""The spec for a teacher: submissions that nobody trusts, judged in processes of their own, and a table of grades."""
