"""Reports as text, one file per format, found by its file name.

A format is a module with `EXTENSIONS`, the endings of files that mean it, `HEEDS`, what of a style changes it, and
`render(report, style) -> Iterator[str]`, which yields the text in one piece or, where it streams, line by line.
"""
