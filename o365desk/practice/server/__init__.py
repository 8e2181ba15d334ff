"""The process: sockets, HTTP, the control port."""
