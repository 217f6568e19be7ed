-- The drop-in endpoints. What such a request needs for its callback (JSON), and the name under which
-- no second one of its project may be pending; native requests have neither.
ALTER TABLE requests ADD COLUMN dialect TEXT;
ALTER TABLE requests ADD COLUMN pending_name TEXT;
CREATE UNIQUE INDEX requests_pending_name ON requests (project, pending_name)
    WHERE pending_name IS NOT NULL AND status = 'pending';
-- How many attempts of a callback may have reached their receiver, though nobody knows.
ALTER TABLE callbacks ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;
