"""The museum of mistakes: seeing_tensors.course.laws.finding loads this folder as a package; test_museum.py proves
each exhibit."""
