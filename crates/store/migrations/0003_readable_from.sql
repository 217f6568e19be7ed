-- The oldest version whose program can still read this database (`Store::open_read_only`). A later
-- step that such a program would misread raises it.
INSERT OR REPLACE INTO state (scope, key, value) VALUES ('store', 'readable_from', '3');
