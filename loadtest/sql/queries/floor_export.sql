copy (
    select path, sha, body, tsv from floor_docs where id % 4 = current_setting('loadtest.part')::int
) to stdout with (format binary)
