"""The handover sheet: a data source on paper, for whoever types it into the web platform."""
