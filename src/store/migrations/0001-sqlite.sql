CREATE VIRTUAL TABLE grams USING fts5 (grams, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');
