"""Tests of cli/schedules."""
