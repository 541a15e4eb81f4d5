CREATE VIRTUAL TABLE grams USING fts5 (body, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');
