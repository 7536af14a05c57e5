-- Whether the text search configuration exists: an error when it does not.
select $1::text::regconfig::text
