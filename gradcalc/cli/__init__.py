"""The command line: its application, options, help, output and exit statuses."""
