"""Evaluates EventBridge patterns against events with moto's implementation of the pattern language.

Usage: matches.py REQUESTS RESPONSES, two named pipes. Each line of the first is
{"patterns": [...], "event": {...}}, and is answered with a line that says which patterns match.
Loading moto takes a second, so that one process answers all requests.
"""

import json
import sys

requests, responses = sys.argv[1:]
with open(requests, encoding="utf-8") as lines, open(responses, "w", encoding="utf-8") as answers:
    from moto.events.models import EventPattern

    for line in lines:
        request = json.loads(line)
        patterns = [EventPattern.load(json.dumps(pattern)) for pattern in request["patterns"]]
        print(json.dumps([pattern.matches_event(request["event"]) for pattern in patterns]), file=answers, flush=True)
