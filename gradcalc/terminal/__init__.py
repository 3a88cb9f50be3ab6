"""The process and its command line: options, help, complaints, and reports on their way out."""
