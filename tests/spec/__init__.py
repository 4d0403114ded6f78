"""The laws. `seeing_tensors.course.laws.finding` loads this folder as a package; pytest runs it through
test_laws.py."""
