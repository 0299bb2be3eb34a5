"""Runs: training in worker processes, recorded from the first step."""
