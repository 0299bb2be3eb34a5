"""Lessons: what a training teaches, in words, and the experiment that shows it. They know no screen."""
