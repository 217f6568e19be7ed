-- Retention: what an old request said is deleted, its row stays as a tombstone, so that its name is
-- never given again and its audit has somewhere to belong to. Lists hold no tombstones.
ALTER TABLE requests ADD COLUMN pruned_at INTEGER;
DROP INDEX requests_list;
CREATE INDEX requests_list ON requests (project) WHERE pruned_at IS NULL;
DROP INDEX requests_status;
CREATE INDEX requests_status ON requests (project, status) WHERE pruned_at IS NULL;
-- The answers that a request got are deleted with it.
CREATE INDEX answers_request ON answers (request);
