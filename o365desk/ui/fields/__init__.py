"""Forms made of the fields of an operation or a data source, and what is typed into them."""
