"""Tests of services/in_step."""
