-- $1 text: collection; $2 text: the folder in the inbox, '' for every document.
select encode(sha256, 'hex'), byte_size
from penstock.documents
where collection = $1 and ($2 = '' or starts_with(name, $2 || '/'))
