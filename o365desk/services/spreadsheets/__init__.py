"""CSV and Excel in and out, as people have them."""
