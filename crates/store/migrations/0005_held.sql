-- Voice notes hold a request's end back beyond its deadline: until then, at most. The deadline's
-- worker looks here, and so does whoever asks when something is due next.
ALTER TABLE requests ADD COLUMN held_until INTEGER;
CREATE INDEX requests_held ON requests (held_until) WHERE held_until IS NOT NULL;
