"""Tests of services/schedules."""
