"""The operations of a data source: forms, files of rows, results."""
