copy floor_docs (path, sha, body, tsv) from stdin with (format binary)
