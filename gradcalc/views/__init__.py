"""What a person reads, one file per command: typed results in, a report of facts and blocks out."""
