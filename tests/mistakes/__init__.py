"""The museum of mistakes: seeing_tensors.museum loads this folder as a package; test_museum.py proves each exhibit."""
