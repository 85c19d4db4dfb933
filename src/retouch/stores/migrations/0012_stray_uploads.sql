-- Whether a picture that was handed in still belongs to an upload is asked by where it lies.

create index uploads_by_key on uploads (key);
