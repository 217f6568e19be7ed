"""What Schemathesis cannot know of this service, for conformity.py: loaded by it through SCHEMATHESIS_HOOKS."""
import itertools
import os
import re

import schemathesis

# Requests that wait for a decision, one for each call that decides.
waiting = itertools.count()
WAITING = int(os.environ.get("WAITING", "0"))


@schemathesis.hook
def before_call(_, case, __):
    # A long poll that is allowed waits for nobody here: a second shows as much as a minute.
    seconds = (case.query or {}).get("wait_seconds")
    if isinstance(seconds, int) and 1 < seconds <= 60:
        case.query["wait_seconds"] = 1
    # A cursor is what an answer gave, not any text.
    if (case.query or {}).get("cursor"):
        del case.query["cursor"]
    # Callbacks go where nobody listens, not to whatever host a random URL names.
    callback = case.body.get("callback") if isinstance(case.body, dict) else None
    if isinstance(callback, dict) and re.match("https?://", str(callback.get("url"))):
        callback["url"] = "http://127.0.0.1:1/"
    if WAITING and case.path_parameters:
        case.path_parameters["correlation_id"] = f"waiting-{next(waiting) % WAITING}"
