"""The laws. `seeing_tensors.laws` loads this folder as a package; pytest runs it through test_laws.py."""
