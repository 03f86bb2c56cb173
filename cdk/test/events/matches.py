"""Evaluates EventBridge patterns against events with moto's implementation of the pattern language.

Reads {"patterns": [...], "events": [...]} and writes whether each pattern matches each event.
"""

import json
import sys

from moto.events.models import EventPattern

request = json.load(sys.stdin)
patterns = [EventPattern.load(json.dumps(pattern)) for pattern in request["patterns"]]
matches = [[pattern.matches_event(event) for pattern in patterns] for event in request["events"]]
json.dump(matches, sys.stdout)
